"""From a loss to a trained model: losses, batches, models, optimisers, the loop, and files.

Built in chapters 3 (losses), 5 (training), 10 (clipping), 11 (tasks, Pascanu's regulariser) and 17
(networks by hand).

A `Batch` says which sequences, which targets count, which states they begin in and where documents
begin; `loss_and_gradient` gives a `Model`'s loss and gradient on it, and an optimiser makes a step
of the gradient. `train` does that for many batches, stops by itself when something is no longer a
number, and hands back the model with its history. What a complex weight's gradient is, and which
way a step goes, stands in `rnnlib.training.optimisers`.
"""

from rnnlib.training import storage
from rnnlib.training.agreement_task import Agreement
from rnnlib.training.batch import Batch
from rnnlib.training.by_hand import adding_by_hand, order_by_hand
from rnnlib.training.clipping import Clipped, clip_by_global_norm, clip_by_value
from rnnlib.training.loop import Evaluation, Reason, Training, train
from rnnlib.training.losses import (
    IGNORED,
    Loss,
    Reduction,
    log_sum_exp,
    mean_squared_error,
    softmax,
    softmax_cross_entropy,
    softmax_jacobian,
)
from rnnlib.training.model import (
    LossFunction,
    LossGradient,
    Model,
    loss_and_gradient,
    mean_loss,
)
from rnnlib.training.omega import (
    Omega,
    Variant,
    regulariser,
    regulariser_at,
    total_errors,
)
from rnnlib.training.optimisers import (
    SGD,
    Adam,
    Optimiser,
    OptimiserState,
    RMSprop,
    Schedule,
    steepest,
)
from rnnlib.training.streams import text_batches
from rnnlib.training.tasks import Adding, Copying, Task, TemporalOrder
from rnnlib.training.torch_bridge import from_torch, to_torch

__all__ = [
    "IGNORED",
    "SGD",
    "Adam",
    "Adding",
    "Agreement",
    "Batch",
    "Clipped",
    "Copying",
    "Evaluation",
    "Loss",
    "LossFunction",
    "LossGradient",
    "Model",
    "Omega",
    "Optimiser",
    "OptimiserState",
    "RMSprop",
    "Reason",
    "Reduction",
    "Schedule",
    "Task",
    "TemporalOrder",
    "Training",
    "Variant",
    "adding_by_hand",
    "clip_by_global_norm",
    "clip_by_value",
    "from_torch",
    "log_sum_exp",
    "loss_and_gradient",
    "mean_loss",
    "mean_squared_error",
    "order_by_hand",
    "regulariser",
    "regulariser_at",
    "softmax",
    "softmax_cross_entropy",
    "softmax_jacobian",
    "steepest",
    "storage",
    "text_batches",
    "to_torch",
    "total_errors",
    "train",
]
