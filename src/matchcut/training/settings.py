"""How the loop trains: one small dataclass, stored with what it produced."""

from __future__ import annotations

from dataclasses import dataclass

from matchcut.models.settings import check, choice

OPTIMIZERS = ("adamw", "sgd", "momentum", "adagrad")
SCHEDULES = ("step", "cosine", "one-cycle", "constant")
MEASURES = ("validation_loss", "accuracy")
PRECISIONS = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class LoopSettings:
    """Everything about a training but network and data; the defaults are the seed paper's.

    Attributes:
        seed: of all random numbers.
        epochs: at most so many.
        batch: samples a step of the optimizer, over all processes.
        accumulate: a batch is worked through in so many parts, to save memory.
        optimizer: "adamw", "sgd", "momentum" (0.9) or "adagrad".
        learning_rate: its highest.
        beta2: how much of its mean of squared gradients "adamw" keeps a step.
        weight_decay: of matrices; vectors (norms, biases) have none.
        undecayed: how the names of matrices begin that have none either, such as embeddings.
        schedule: "step" multiplies the rate by ``factor`` every ``every`` epochs; "cosine" rises over the first
            tenth of the steps and falls to nothing; "one-cycle" rises along a cosine from a 25th to the
            highest, over the first tenth, and falls along one to a 1,250th; "constant".
        every, factor: of "step".
        choose: the epoch that is kept is the one of the lowest "validation_loss", or of the highest
            "accuracy" on validation clips. The loss punishes a network for being sure, and so prefers an
            early epoch where part of the clips can only be learnt by heart. A task that does not measure it
            keeps the last epoch.
        patience: stop after so many epochs without a better one; 0 never stops early.
        clip_norm: gradients longer than this are shortened to it; 0 leaves them.
        precision: of the forward pass: "float32", "bfloat16", or "float16" with scaled losses (GPU).
        average: share of the moving average of the weights that is kept a step; 0 for none. What is validated
            and kept is the average.
        keep_every: steps between checkpoints within an epoch; 0 keeps one after each epoch.

    Raises:
        SettingsError: a value is out of its range.
    """

    seed: int = 0
    epochs: int = 20
    batch: int = 128
    accumulate: int = 1
    optimizer: str = "adamw"
    learning_rate: float = 5e-5
    beta2: float = 0.999
    weight_decay: float = 0.01
    undecayed: tuple[str, ...] = ()
    schedule: str = "step"
    every: int = 5
    factor: float = 0.7
    choose: str = "validation_loss"
    patience: int = 5
    clip_norm: float = 1.0
    precision: str = "float32"
    average: float = 0.0
    keep_every: int = 0

    def __post_init__(self) -> None:
        choice("optimizer", self.optimizer, OPTIMIZERS)
        choice("schedule", self.schedule, SCHEDULES)
        choice("measure", self.choose, MEASURES)
        choice("precision", self.precision, PRECISIONS)
        for name in ("epochs", "batch", "accumulate", "every"):
            check(name, getattr(self, name), 1)
        for name in ("seed", "learning_rate", "weight_decay", "patience", "clip_norm", "keep_every"):
            check(name, getattr(self, name), 0)
        check("factor", self.factor, 0, 1)
        check("average", self.average, 0, 0.99999)
        check("beta2", self.beta2, 0, 0.999999)
