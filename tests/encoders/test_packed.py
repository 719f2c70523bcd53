"""Packed layers say what the plain ones say."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")

from matchcut.encoders import packed  # noqa: E402
from matchcut.encoders.packed import PackedLinear, pack  # noqa: E402


def net() -> torch.nn.Sequential:
    torch.manual_seed(0)
    parts = (torch.nn.Linear(48, 32), torch.nn.GELU(), torch.nn.Linear(32, 16, bias=False))
    return torch.nn.Sequential(*parts).to(torch.bfloat16)


def test_packed_layers_agree_or_stay_as_they_are() -> None:
    plain, other = net(), net()
    count = pack(other)
    assert count in (0, 2)  # none where this torch lacks the operators
    x = torch.randn(3, 5, 48, dtype=torch.bfloat16)
    with torch.inference_mode():
        assert torch.allclose(plain(x).float(), other(x).float(), rtol=0.03, atol=0.03)
    assert pack(torch.nn.Linear(4, 4)) == 0  # 32 bits are left alone
    wide = torch.nn.Sequential(torch.nn.Linear(4, 4))
    assert pack(wide) == 0
    assert type(wide[0]) is torch.nn.Linear


def test_a_torch_without_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lacking(PackedLinear):
        def __init__(self, given: torch.nn.Linear, after: str = "none") -> None:
            raise AttributeError("no such operator")

    monkeypatch.setattr(packed, "PackedLinear", Lacking)
    whole = net()
    assert pack(whole) == 0
    assert type(whole[0]) is torch.nn.Linear


def test_layers_that_say_something_else_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong(PackedLinear):
        def __init__(self, given: torch.nn.Linear, after: str = "none") -> None:
            torch.nn.Module.__init__(self)
            self.given = given

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.given(x) + 1
            return out

    monkeypatch.setattr(packed, "PackedLinear", Wrong)
    assert pack(net()) == 0


def test_an_activation_goes_with_its_layer() -> None:
    class Mlp(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = torch.nn.Linear(16, 32), torch.nn.Linear(32, 8)
            self.activation = torch.nn.functional.silu

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.fc2(self.activation(self.fc1(x)))
            return out

    torch.manual_seed(0)
    plain = Mlp().to(torch.bfloat16)
    other = Mlp().to(torch.bfloat16)
    other.load_state_dict(plain.state_dict())
    assert pack(other) in (0, 2)
    x = torch.randn(4, 16, dtype=torch.bfloat16)
    with torch.inference_mode():
        assert torch.allclose(plain(x).float(), other(x).float(), rtol=0.03, atol=0.03)
