"""Teaching models as PyTorch has them: each with an example, a loss and a target, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MODELS: dict[str, Callable[[Any], tuple[Any, Any, Any, Any]]] = {}


def model(make: Callable[[Any], tuple[Any, Any, Any, Any]]) -> Callable[[Any], Any]:
    """Add a function of torch that returns a module, an example, a loss and a target."""
    MODELS[make.__name__] = make
    return make


def made(name: str) -> tuple[Any, Any, Any, Any]:
    """Return a module in float64, its example as a tuple, its loss and its target."""
    import torch

    torch.manual_seed(sum(map(ord, name)))
    module, example, loss, target = MODELS[name](torch)
    module = module.double()
    examples = example if isinstance(example, tuple) else (example,)
    examples = tuple(one.double() if one.is_floating_point() else one for one in examples)
    if target is not None and target.is_floating_point():
        target = target.double()
    return module, examples, loss, target


def classes(torch: Any, number: int, samples: int) -> Any:
    return torch.randint(0, number, (samples,))


@model
def linear_regression(torch):
    return torch.nn.Linear(3, 1), torch.randn(4, 3), torch.nn.MSELoss(), torch.randn(4, 1)


@model
def logistic_regression(torch):
    nn = torch.nn
    target = classes(torch, 2, 4)[:, None].float()
    return nn.Sequential(nn.Linear(3, 1), nn.Sigmoid()), torch.randn(4, 3), nn.BCELoss(), target


@model
def mlp(torch):
    nn = torch.nn

    class Mlp(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = nn.Linear(4, 5)
            self.head = nn.Linear(5, 3)

        def forward(self, x):
            return torch.log_softmax(self.head(torch.relu(self.hidden(x))), dim=-1)

    return Mlp(), torch.randn(3, 4), nn.NLLLoss(), classes(torch, 3, 3)


@model
def lenet(torch):
    nn = torch.nn

    class LeNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2),
                nn.Conv2d(2, 3, 3), nn.Tanh(), nn.AvgPool2d(2),
            )  # fmt: skip
            self.classifier = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))

        def forward(self, x):
            return self.classifier(torch.flatten(self.features(x), 1))

    return LeNet(), torch.randn(2, 1, 8, 8), nn.CrossEntropyLoss(), classes(torch, 3, 2)


@model
def vgg_like(torch):
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding="same"), nn.ReLU(inplace=True),
        nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2),
    )  # fmt: skip
    return (
        module,
        torch.randn(2, 2, 6, 6),
        nn.CrossEntropyLoss(reduction="sum"),
        classes(torch, 2, 2),
    )


@model
def residual_block(torch):
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2)
            self.conv2, self.bn2 = nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.BatchNorm2d(2)

        def forward(self, x):
            out = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
            return torch.relu(out + x)

    return Block(), torch.randn(2, 2, 4, 4), nn.L1Loss(), torch.randn(2, 2, 4, 4)


@model
def autoencoder(torch):
    nn = torch.nn

    class Autoencoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.ELU())
            self.decoder = nn.Sequential(
                nn.ConvTranspose2d(2, 1, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid()
            )

        def forward(self, x):
            return self.decoder(self.encoder(x))

    x = torch.rand(2, 1, 4, 4)
    return Autoencoder(), x, nn.MSELoss(), x


@model
def depthwise_block(torch):
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False), nn.BatchNorm2d(3), nn.ReLU6(),
        nn.Conv2d(3, 4, 1), nn.Hardswish(),
    )  # fmt: skip
    return module, torch.randn(2, 3, 4, 4), nn.HuberLoss(delta=0.5), torch.randn(2, 4, 4, 4)


def _recurrent(torch, cell, last):
    nn = torch.nn

    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = cell, nn.Linear(4, 2)

        def forward(self, x):
            return self.head(last(*self.cell(x)))

    return Recurrent(), torch.randn(2, 4, 3), nn.CrossEntropyLoss(), classes(torch, 2, 2)


@model
def rnn(torch):
    cell = torch.nn.RNN(3, 4, batch_first=True)
    module, x, *_ = _recurrent(torch, cell, lambda out, _: out)
    return module, x, torch.nn.MSELoss(), torch.randn(2, 4, 2)


@model
def lstm(torch):
    cell = torch.nn.LSTM(3, 4, batch_first=True)
    return _recurrent(torch, cell, lambda out, _: out[:, -1])


@model
def gru(torch):
    cell = torch.nn.GRU(3, 4, num_layers=2, batch_first=True)
    return _recurrent(torch, cell, lambda _, state: state[-1])


@model
def batch_norm_train(torch):
    nn = torch.nn
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.LeakyReLU(0.2), nn.Linear(4, 2))
    return module, torch.randn(5, 3), nn.BCEWithLogitsLoss(), torch.rand(5, 2)


@model
def batch_norm_eval(torch):
    module, x, loss, target = batch_norm_train(torch)
    module(torch.randn(7, 3) * 2 + 1)
    return module.eval(), x, loss, target


@model
def siamese(torch):
    nn = torch.nn

    class Siamese(nn.Module):
        def __init__(self):
            super().__init__()
            self.tower = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))

        def forward(self, left, right):
            return (self.tower(left) - self.tower(right)) ** 2

    pair = torch.randn(3, 3), torch.randn(3, 3)
    return Siamese(), pair, nn.SmoothL1Loss(), torch.randn(3, 2)


@model
def word_vectors(torch):
    nn = torch.nn

    class Words(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.scores = nn.Embedding(6, 3), nn.Linear(3, 6, bias=False)
            self.scores.weight = self.table.weight

        def forward(self, words):
            return self.scores(self.table(words).mean(dim=1))

    return Words(), torch.randint(0, 6, (2, 4)), nn.CrossEntropyLoss(), classes(torch, 6, 2)


@model
def attention(torch):
    nn, functional = torch.nn, torch.nn.functional

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.query, self.key, self.value = (nn.Linear(4, 4, bias=False) for _ in range(3))

        def forward(self, x):
            heads = [self._heads(part(x)) for part in (self.query, self.key, self.value)]
            mixed = functional.scaled_dot_product_attention(*heads)
            return mixed.transpose(1, 2).reshape(x.shape[0], x.shape[1], 4) + x

        @staticmethod
        def _heads(x):
            return x.view(x.shape[0], x.shape[1], 2, 2).transpose(1, 2)

    return Attention(), torch.randn(2, 3, 4), None, None


@model
def encoder_block(torch):
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.positions = nn.Parameter(torch.randn(3, 4))
            self.norm1, self.norm2 = nn.LayerNorm(4), nn.LayerNorm(4)
            self.query, self.key, self.value = (nn.Linear(4, 4) for _ in range(3))
            self.wide, self.narrow = nn.Linear(4, 6), nn.Linear(6, 4)

        def forward(self, x):
            x = x + self.positions
            scores = self.query(x) @ self.key(x).transpose(1, 2) / 2
            x = self.norm1(x + torch.softmax(scores, dim=-1) @ self.value(x))
            return self.norm2(x + self.narrow(nn.functional.gelu(self.wide(x))))

    return Block(), torch.randn(2, 3, 4), nn.MSELoss(), torch.randn(2, 3, 4)


@model
def graph_convolution(torch):
    nn = torch.nn

    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer(
                "adjacency", torch.tensor([[0.5, 0.5, 0], [0.3, 0.3, 0.4], [0, 0, 1]])
            )
            self.fc = nn.Linear(4, 2)

        def forward(self, x):
            return torch.relu(self.adjacency @ self.fc(x))

    return Graph(), torch.randn(2, 3, 4), nn.MSELoss(), torch.randn(2, 3, 2)


@model
def convolution_1d(torch):
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv1d(2, 3, 3, padding=1, dilation=1), nn.GELU(), nn.MaxPool1d(2), nn.Dropout(0.5),
        nn.Flatten(), nn.Linear(9, 2),
    ).eval()  # fmt: skip
    return (
        module,
        torch.randn(2, 2, 6),
        nn.CrossEntropyLoss(label_smoothing=0.1),
        classes(torch, 2, 2),
    )


@model
def u_net(torch):
    nn = torch.nn

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.pool = nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2)
            self.bottom, self.up = nn.Conv2d(2, 2, 3, padding=1), nn.ConvTranspose2d(2, 2, 2, 2)
            self.out = nn.Conv2d(4, 1, 1)

        def forward(self, x):
            down = torch.relu(self.down(x))
            up = self.up(torch.relu(self.bottom(self.pool(down))))
            return self.out(torch.cat([down, up], dim=1))

    return UNet(), torch.randn(2, 1, 4, 4), nn.BCEWithLogitsLoss(), torch.rand(2, 1, 4, 4)


@model
def fine_tuned(torch):
    nn = torch.nn
    module = nn.Sequential(nn.Linear(3, 4), nn.SiLU(), nn.Linear(4, 2))
    module[0].requires_grad_(False)
    return module, torch.randn(3, 3), nn.MSELoss(), torch.randn(3, 2)


@model
def discriminator(torch):
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv2d(1, 2, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(8, 1)
    )
    return module, torch.randn(3, 1, 4, 4), nn.BCEWithLogitsLoss(), torch.tensor([[1.0], [0], [1]])


@model
def mixture(torch):
    """Return parts that are chunked, scaled, shifted, joined along the last axis and sliced."""
    nn = torch.nn

    class Mixture(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.norm = nn.Linear(4, 4), nn.LayerNorm(4)

        def forward(self, x):
            first, second = self.fc(x).chunk(2, dim=-1)
            both = torch.stack([first * torch.sigmoid(second), 1 - first / 3], dim=1)
            joined = torch.cat([both[:, 0], both[:, 1]], dim=-1)
            return self.norm(joined * 2 - 0.5).unsqueeze(1).sum(dim=1)[:, 1:]

    return Mixture(), torch.randn(3, 4), nn.MSELoss(), torch.randn(3, 3)


@model
def vae(torch):
    """Return a variational autoencoder that is given its noise."""
    nn = torch.nn

    class Vae(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.mean, self.log_var = (
                nn.Linear(4, 3),
                nn.Linear(3, 2),
                nn.Linear(3, 2),
            )
            self.decoder = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid())

        def forward(self, x, noise):
            h = torch.relu(self.encoder(x))
            return self.decoder(self.mean(h) + torch.exp(0.5 * self.log_var(h)) * noise)

    return Vae(), (torch.rand(3, 4), torch.randn(3, 2)), nn.BCELoss(), torch.rand(3, 4)


@model
def multihead_attention(torch):
    """Return torch.nn's own attention, causal, and one of two sequences after it."""
    nn = torch.nn

    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.own = nn.MultiheadAttention(4, 2, batch_first=True)
            self.other = nn.MultiheadAttention(4, 2, batch_first=True, kdim=3, vdim=3)

        def forward(self, x, memory):
            mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=x.dtype)
            h, _ = self.own(x, x, x, attn_mask=mask)
            return self.other(h, memory, memory, need_weights=False)[0]

    return Heads(), (torch.randn(2, 3, 4), torch.randn(2, 5, 3)), nn.MSELoss(), torch.randn(2, 3, 4)


@model
def transformer_encoder(torch):
    nn = torch.nn
    block = nn.TransformerEncoderLayer(4, 2, 6, dropout=0, batch_first=True, norm_first=True)
    return block, torch.randn(2, 3, 4), nn.MSELoss(), torch.randn(2, 3, 4)


@model
def transformer_decoder(torch):
    nn = torch.nn

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = nn.TransformerDecoderLayer(4, 2, 6, dropout=0, batch_first=True)

        def forward(self, x, memory):
            mask = torch.triu(torch.ones(3, 3, dtype=torch.bool), diagonal=1)
            return self.block(x, memory, tgt_mask=mask)

    pair = torch.randn(2, 3, 4), torch.randn(2, 4, 4)
    return Decoder(), pair, nn.MSELoss(), torch.randn(2, 3, 4)


@model
def mini_gpt(torch):
    """Return a small GPT as tutorials write it: a table of positions, a mask that is cut out."""
    nn, functional = torch.nn, torch.nn.functional

    class Gpt(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.positions = nn.Embedding(5, 4), nn.Embedding(3, 4)
            self.norm, self.qkv, self.out = nn.LayerNorm(4), nn.Linear(4, 12), nn.Linear(4, 4)
            self.second = nn.Linear(4, 12)
            self.register_buffer("mask", torch.tril(torch.ones(8, 8)))
            self.head = nn.Linear(4, 5, bias=False)

        def forward(self, words):
            x = self.words(words) + self.positions(torch.arange(words.shape[1]))
            q, k, v = self.qkv(self.norm(x)).split(4, dim=2)
            scores = q @ k.transpose(-2, -1) * 4**-0.5
            steps = words.shape[1]
            scores = scores.masked_fill(self.mask[:steps, :steps] == 0, float("-inf"))
            x = x + self.out(functional.softmax(scores, dim=-1) @ v)
            q, k, v = self.second(x).chunk(3, dim=2)
            x = x + functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            return self.head(x).transpose(1, 2)

    return Gpt(), torch.randint(0, 5, (2, 3)), None, None


@model
def embedding_bag(torch):
    nn = torch.nn
    module = nn.Sequential(nn.EmbeddingBag(6, 3, mode="mean"), nn.Linear(3, 2))
    return module, torch.randint(0, 6, (2, 4)), nn.CrossEntropyLoss(), classes(torch, 2, 2)


@model
def dqn(torch):
    """Return values of actions, of which one was taken."""
    nn = torch.nn

    class Dqn(nn.Module):
        def __init__(self):
            super().__init__()
            self.values = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))

        def forward(self, state, taken):
            return (self.values(state) * taken).sum(dim=1, keepdim=True)

    taken = torch.tensor([[1.0, 0], [0, 1], [0, 1]])
    return Dqn(), (torch.randn(3, 3), taken), nn.HuberLoss(), torch.randn(3, 1)
