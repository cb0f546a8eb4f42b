"""Trained in the sheet, loaded into the module: equal to as many steps of torch.optim."""

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles.pytorch import require_pytorch
from tests.support.torch_models import made

pytestmark = pytest.mark.pytorch
STEPS = 5


@pytest.fixture(autouse=True)
def _pytorch():
    require_pytorch()


def trained(module, examples, loss, target, optimizer):
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(module(*examples), target).backward()
        optimizer.step()


OPTIMIZERS = {
    "sgd": ("SGD", {"lr": 0.1, "weight_decay": 0.01}, {}),
    "nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9}, {"nesterov": True}),
    "adam": ("Adam", {"lr": 0.05}, {}),
    "adamw": ("AdamW", {"lr": 0.05}, {}),
}


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [
        ("linear_regression", "sgd"),
        ("mlp", "adam"),
        ("siamese", "adamw"),
        ("word_vectors", "sgd"),
        ("fine_tuned", "nesterov"),
        ("transformer_encoder", "sgd"),
    ],
)
def test_five_steps_in_the_sheet_equal_torch_optim(name, optimizer, tmp_path):
    import torch

    module, examples, loss, target = made(name)
    cls, options, more = OPTIMIZERS[optimizer]
    spec = xlbackprop.from_torch(module, examples, loss=loss, target=target)
    spec = spec.with_training(optimizer, steps=STEPS, **options)
    path = xlbackprop.build(spec, tmp_path / "mine.xlsx")
    other, *_ = made(name)
    before = {key: one.clone() for key, one in other.named_parameters()}
    loaded = xlbackprop.load_into(other, path)
    wanted = [one for one in module.parameters() if one.requires_grad]
    trained(module, examples, loss, target, getattr(torch.optim, cls)(wanted, **options, **more))
    known = set(dict(module.named_parameters(remove_duplicate=False)))
    assert {one if one in known else one.rpartition(".")[0] for one in loaded} == known
    moved = set()
    for key, one in module.named_parameters():
        found = dict(other.named_parameters())[key]
        if not torch.equal(found, before[key]):
            moved.add(key)
        np.testing.assert_allclose(found.detach(), one.detach(), 1e-9, 1e-9, err_msg=key)
    trainable = {key for key, one in module.named_parameters() if one.requires_grad}
    assert moved == trainable


def test_module_of_another_shape_or_name_is_left_as_it_is(tmp_path):
    import torch

    module, examples, loss, target = made("linear_regression")
    spec = xlbackprop.from_torch(module, examples, loss=loss, target=target)
    path = xlbackprop.build(spec, tmp_path / "mine.xlsx")
    other = torch.nn.Linear(2, 1)
    before = [one.clone() for one in other.parameters()]
    with pytest.raises(xlbackprop.WorkbookError, match=r"weight has shape \[1, 2\] in the model"):
        xlbackprop.load_into(other, path)
    assert all(map(torch.equal, before, other.parameters()))
    with pytest.raises(xlbackprop.WorkbookError, match="the model has no parameter 'weight'"):
        xlbackprop.load_into(torch.nn.Sequential(other), path)
