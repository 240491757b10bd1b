"""What to train, on how much, for how long: the options of `python -m predictor train`. No torch."""

from dataclasses import dataclass

from predictor.distribution import ESTIMATES

OPTIMISERS = ("adamw", "adagrad")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")


_BOUNDS = (
    ("batch", 1, 2**20), ("log_every", 1, 2**31), ("max_level", 1, 30), ("soft_km", 0, 20_016),
    ("soft_from_km", 0, 20_016), ("held_share", 0.0001, 0.9),
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What to train, on how much, for how long."""

    photos: tuple[str, ...] = ()  # a table, a folder or shards (collection.py); empty: Toy Earth, painted on the fly
    held_share: float = 0.05  # of their places and of their uploaders that are not trained on
    count: int = 200_000  # pictures of Toy Earth; more than an hour on two cores uses up
    world: int = 7  # the seed of their places, and of all chance
    backbone: str = "googlenet"  # or another of torchvision's: inception_v3, resnet50 …
    size: int = 112
    cells: tuple[str, ...] = ()  # tables of nested partitions, made by `partition`; empty: cut by t1 and t2 from photos
    t1: tuple[int, ...] = (600,)  # the least gives the cells that are answered in, the others nested partitions' cells
    t2: int = 60  # the paper's two numbers, for this count: 773 cells
    max_level: int = 13  # cells of about a kilometre
    minutes: float = 60.0  # the learning rate ends at nothing when they are over, whatever the machine's speed
    steps: int | None = None  # instead of minutes: the same result on any machine
    batch: int = 64  # over all processes
    workers: int = 1
    threads: int = 0  # 0: as torch likes it
    optimiser: str = "adamw"  # or the paper's "adagrad", whose rate stays at its height: 0.045 there
    rate: float = 1e-3  # at its height
    warmup: float = 0.03  # of the time
    weight_decay: float = 0.05
    clip: float = 2.0  # the gradient's norm at most
    ema: float = 0.0  # decay of the running mean of the weights that is kept as the result; 0: the weights themselves
    precision: str = "auto"  # bf16 where the device multiplies in it, otherwise fp32; fp16 scales its loss
    compile: bool = False  # torch.compile; it needs a compiler, and pays in long runs on GPUs
    soft_km: float = 0.0  # 0: the paper's hard labels; otherwise how wide the labels are at the end (labels.targets)
    soft_from_km: float = 0.0  # wider labels at the start: first the continent, then the region; 0: soft_km all along
    fields_weight: float = 0.0  # of reading Toy Earth's fields beside the cells (labels.read_loss); 0: cells alone
    # Weights to begin with, but for the last layer: a checkpoint of ours, a file of a state_dict, or torchvision's own
    # name for some ("IMAGENET1K_V1"), which it downloads.
    start: str = ""
    estimate: str = "argmax"  # which point of its answer the result will give: distribution.ESTIMATES
    save_every_s: float = 120.0
    log_every: int = 20  # steps
    exam: int = 400  # held-out pictures at each save, which the temperature is fitted on too; 0 for none
    tensorboard: bool = False  # metrics there too

    def __post_init__(self) -> None:
        if self.optimiser not in OPTIMISERS or self.precision not in PRECISIONS:
            raise ValueError(f"--optimiser is one of {OPTIMISERS}, --precision one of {PRECISIONS}")
        for name, low, high in _BOUNDS:
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"--{name.replace('_', '-')} lies between {low:g} and {high:g}")
        if self.estimate not in ESTIMATES:
            raise ValueError(f"--estimate is one of {tuple(ESTIMATES)}")
        if self.steps is None and self.minutes <= 0:
            raise ValueError("--minutes must be more than 0: nothing would be trained")
