"""Models of PyTorch become workbooks whose recalculated numbers are autograd's, in float64."""

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles.pytorch import require_pytorch
from tests.support.recalculating import recalculated
from tests.support.torch_models import MODELS, made

pytestmark = pytest.mark.pytorch
TOLERANCE = 1e-9


@pytest.fixture(autouse=True)
def _pytorch():
    require_pytorch()


def gradients(module, examples, loss, target, upstream):
    """Return output, loss and the gradients of parameters and inputs, as autograd has them."""
    leaves = [one.clone().requires_grad_(one.is_floating_point()) for one in examples]
    output = module(*leaves)
    total = loss(output, target) if loss else (output * upstream).sum()
    total.backward()
    own = {name: one.grad for name, one in module.named_parameters() if one.requires_grad}
    return output, total, own, [leaf.grad for leaf in leaves]


def gradient_names(network):
    """Return what the gradients of the network's inputs are called, in their order."""
    spec = network.spec
    found = {}
    for layer in network.layers:
        for source, port in zip(layer.sources, layer.equations.inputs, strict=True):
            if source.layer in spec.sizes_of_inputs:
                found.setdefault(source.layer, []).append(port.gradient.name)
    end = {name: f"_{name}" if spec.inputs else "" for name in found}
    return {
        name: uses[0] if len(uses) == 1 else f"{uses[0].split('.')[0]}.dL_dinput{end[name]}"
        for name, uses in found.items()
    }


def named_parts(own, names):
    """Yield the gradients by the spec's names; attention's of q, k and v are in one tensor."""
    for name, gradient in own.items():
        if name in names:
            yield name, gradient
        else:
            yield from zip((f"{name}.{one}" for one in "qkv"), gradient.chunk(3), strict=True)


@pytest.mark.parametrize("name", MODELS)
def test_workbook_equals_autograd(name, tmp_path):
    import torch

    module, examples, loss, target = made(name)
    state = {key: one.clone() for key, one in module.state_dict().items()}
    spec = xlbackprop.from_torch(module, examples, loss=loss, target=target)
    for key, one in module.state_dict().items():
        assert torch.equal(one, state[key]), f"{key} was changed by the import"
    network, arrays = recalculated(spec, tmp_path / "mine.xlsx")
    last = network.layers[-1].name
    upstream = torch.tensor(arrays[f"{last}.dL_dout"])
    output, total, own, of_inputs = gradients(module, examples, loss, target, upstream)
    expected = {"loss.L": total}
    if name != "mlp":  # whose log_softmax is in the loss
        expected[f"{last}.out"] = output
    for parameter, gradient in named_parts(own, spec.names):
        layer, short = spec.names[parameter].split(".")
        expected[f"{layer}.dL_d{short}"] = gradient
    pairs = zip(gradient_names(network).values(), of_inputs, strict=False)
    expected |= {tensor: gradient for tensor, gradient in pairs if gradient is not None}
    for tensor, array in expected.items():
        np.testing.assert_allclose(
            arrays[tensor], array.detach().numpy(), TOLERANCE, TOLERANCE, err_msg=tensor
        )


def test_wrong_number_is_noticed(tmp_path):
    """A weight that differs in the ninth decimal makes another workbook."""
    module, examples, loss, target = made("linear_regression")
    spec = xlbackprop.from_torch(module, examples, loss=loss, target=target)
    spec.values.arrays["dense.w"][0, 0] += 1e-7
    _, arrays = recalculated(spec, tmp_path / "mine.xlsx")
    _, total, *_ = gradients(module, examples, loss, target, None)
    assert abs(arrays["loss.L"] - total.item()) > TOLERANCE


def test_names_are_those_of_the_module():
    module, examples, loss, target = made("lenet")
    spec = xlbackprop.from_torch(module, examples, loss=loss, target=target)
    assert [layer.name for layer in spec.layers] == [
        "features_0", "features_1", "features_2", "features_3", "features_4", "features_5",
        "flatten", "classifier_0", "classifier_1", "classifier_2",
    ]  # fmt: skip
    assert spec.name == "LeNet"
    assert set(spec.names) == set(dict(module.named_parameters()))
    assert spec.names["features.3.weight"] == "features_3.w"


def test_modes_sharing_and_frozen_parameters_are_kept():
    by_name = {name: xlbackprop.from_torch(*made(name)[:2]) for name in (
        "batch_norm_train", "batch_norm_eval", "siamese", "word_vectors", "fine_tuned"
    )}  # fmt: skip
    modes = {
        name: [one.options.get("mode", "train") for one in spec.layers if one.type == "batch_norm"]
        for name, spec in by_name.items()
    }
    assert (modes["batch_norm_train"], modes["batch_norm_eval"]) == (["train"], ["eval"])
    shares = [one.share for one in by_name["siamese"].layers if one.type == "dense"]
    assert len(shares) == 4
    assert len(set(shares)) == 2
    assert len({one.share for one in by_name["word_vectors"].layers if one.share}) == 1
    assert set(by_name["word_vectors"].names) == {"table.weight", "scores.weight"}
    assert [one.trainable for one in by_name["fine_tuned"].layers] == [False, True, True]


def test_dropout_in_training_has_its_mask_given():
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.25))
    spec = xlbackprop.from_torch(module, torch.randn(2, 3))
    assert spec.layers[1].type == "dropout"
    assert spec.layers[1].options == {"rate": 0.25}
    assert len(xlbackprop.from_torch(module.eval(), torch.randn(2, 3)).layers) == 1


def test_all_that_cannot_be_expressed_is_told_at_once():
    import torch
    from torch import nn

    class Strange(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Mish(), nn.Upsample(scale_factor=2))
            self.shift = nn.Parameter(torch.zeros(2, 8, 8))

        def forward(self, x):
            x = self.block(x)
            return torch.cumsum(x + self.shift, dim=2) * torch.randn_like(x)

    with pytest.raises(xlbackprop.SpecError) as caught:
        xlbackprop.from_torch(Strange(), torch.randn(3, 1, 6, 6))
    lines = str(caught.value).splitlines()
    # What rests on an operation that is refused is told where no layer does it either.
    assert [line.split(",")[0] for line in lines] == [
        "mish in block.1", "upsample_nearest2d in block.2", "cumsum", "randn_like"
    ]  # fmt: skip
    assert lines[0].startswith("mish in block.1, which gives 3×2×4×4: no layer does that")
    assert lines[0].endswith("nearest is silu")

    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = nn.Linear(3, 3), nn.Linear(3, 3)
            self.shift = nn.Parameter(torch.zeros(3))

        def forward(self, x):
            return torch.sin(self.one(x)) + torch.cos(self.two(x)) + (x + self.shift).detach()

    with pytest.raises(xlbackprop.SpecError) as caught:
        xlbackprop.from_torch(Wide(), torch.randn(2, 3))
    lines = str(caught.value).splitlines()
    assert [line.split(",")[0] for line in lines] == ["sin", "cos", "add"]
    assert "the parameter shift is added by itself" in lines[2]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda nn: nn.Conv2d(1, 2, 3, padding_mode="circular"), "pad"),
        (lambda nn: nn.MaxPool2d(2, dilation=2), "dilation"),
        (lambda nn: nn.AvgPool2d(3, 1, 1, count_include_pad=False), "count_include_pad"),
        (lambda nn: nn.BatchNorm2d(1, affine=False), "affine=False"),
        (lambda nn: nn.AdaptiveAvgPool2d(4), "unequal"),
        (lambda nn: nn.Softmax(dim=1), "last axis"),
        (
            lambda nn: nn.Sequential(nn.Flatten(1, 2), nn.LSTM(6, 2, 1, True, True, 0, True)),
            "several tensors: it goes both ways",
        ),
        (lambda nn: nn.Identity(), "expected the last layer"),
    ],
)
def test_option_that_no_layer_has_is_refused(make, words):
    import torch

    with pytest.raises(xlbackprop.SpecError, match=words) as caught:
        xlbackprop.from_torch(make(torch.nn), torch.randn(2, 1, 6, 6))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lambda nn: nn.MSELoss(reduction="none"), "reduction"),
        (lambda nn: nn.TripletMarginLoss(), "torch.export cannot follow|no loss here"),
        (lambda _: lambda output, target: (output - target).abs().sum(), "no loss here"),
        (lambda nn: lambda output, target: nn.functional.kl_div(target, output), "output first"),
    ],
)
def test_loss_that_is_none_here_is_refused(loss, words):
    import torch

    with pytest.raises(xlbackprop.SpecError, match=words):
        xlbackprop.from_torch(
            torch.nn.Linear(3, 2), torch.randn(2, 3), loss=loss(torch.nn), target=torch.rand(2, 2)
        )


def test_saved_spec_builds_the_same_workbook(tmp_path):
    module, examples, loss, target = made("siamese")
    spec = xlbackprop.from_torch(module, examples, loss=loss, target=target)
    _, direct = recalculated(spec, tmp_path / "direct.xlsx")
    saved = xlbackprop.load_spec(spec.save(tmp_path / "net.toml"))
    _, again = recalculated(saved, tmp_path / "again.xlsx")
    assert set(direct) == set(again)
    for name, array in direct.items():
        np.testing.assert_array_equal(again[name], array)


def test_attention_is_one_layer_and_the_module_is_left_as_it_was():
    module, examples, *_ = made("multihead_attention")
    spec = xlbackprop.from_torch(module, examples)
    assert [(one.type, one.options.get("causal")) for one in spec.layers] == [
        ("attention", True), ("attention", False)
    ]  # fmt: skip
    assert spec.names["own.in_proj_weight.k"] == "own.w_k"
    assert spec.names["other.k_proj_weight"] == "other.w_k"
    assert "forward" not in vars(module.own)
    module(*examples)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attn_mask": "diagonal"}, "not the causal one"),
        ({"attn_mask": "added"}, "its mask adds numbers"),
        ({"key_padding_mask": "first"}, "key_padding_mask"),
    ],
)
def test_mask_that_no_layer_has_is_refused(options, words):
    import torch

    class Masked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.heads = torch.nn.MultiheadAttention(4, 2, batch_first=True)
            self.register_buffer("diagonal", torch.eye(3, dtype=torch.bool))
            self.register_buffer("added", torch.tensor([[0.0, 1, 2]] * 3))
            self.register_buffer("first", torch.tensor([[True, False, False]] * 2))

        def forward(self, x):
            masks = {key: getattr(self, name) for key, name in options.items()}
            return self.heads(x, x, x, **masks)[0]

    with pytest.raises(xlbackprop.ModelError, match=words) as caught:
        xlbackprop.from_torch(Masked(), torch.randn(2, 3, 4))
    assert caught.value.lines[0].startswith("attention in heads, which gives 2×3×4: ")


def test_model_is_cut_after_a_module():
    module, examples, *_ = made("lenet")
    spec = xlbackprop.from_torch(module, examples, until="features.3")
    assert [layer.name for layer in spec.layers] == [f"features_{number}" for number in range(4)]
    with pytest.raises(xlbackprop.SpecError, match=r"no module 'features.9' in it"):
        xlbackprop.from_torch(module, examples, until="features.9")
