"""Losses with their gradients: softmax cross-entropy for words, mean-squared error for numbers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnnlib._validate import Array, check_array, check_positive, check_tokens

IGNORED = -100
"""A target that does not count, as PyTorch's ``ignore_index``."""

Reduction = Literal["mean", "sum"]
"""Whether the losses of all steps and sequences are averaged or added."""


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss and its gradient.

    Attributes
    ----------
    value : float
        L, in nats for the cross-entropy.
    gradient : ndarray
        ∂L/∂(first argument), of that argument's shape. Of complex outputs z the complex derivative
        ∂L/∂Re z − i ∂L/∂Im z, no conjugate taken, as everywhere in rnnlib.
    """

    value: float
    gradient: Array


def softmax(logits: Array, *, temperature: float = 1.0) -> Array:
    """Turn logits into probabilities, along the last axis.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
    temperature : float
        Divides the logits first: below 1 sharpens the distribution, above 1 flattens it.

    Returns
    -------
    ndarray, shape (..., V)
        Positive (unless they underflow), each row summing to 1.

    Raises
    ------
    ValueError, TypeError
        If an entry is not a finite number or `temperature` is not a finite number > 0.

    Examples
    --------
    >>> softmax(np.array([0.0, np.log(3.0)]))
    array([0.25, 0.75])
    """
    z = _check_logits(logits) / check_positive("temperature", temperature)  # eq-temperature
    exps = np.exp(z - np.max(z.real, axis=-1, keepdims=True))  # eq-softmax-shift
    return exps / exps.sum(axis=-1, keepdims=True)  # eq-softmax


def softmax_jacobian(logits: Array) -> Array:
    """Return ∂o/∂z of o = softmax(z): rows the probabilities, columns the logits.

    Symmetric, and each row sums to 0, since adding a constant to all logits changes nothing.

    Parameters
    ----------
    logits : ndarray, shape (..., V)

    Returns
    -------
    ndarray, shape (..., V, V)

    Raises
    ------
    ValueError, TypeError
        If an entry is not a finite number.

    References
    ----------
    Bridle (1990), Probabilistic interpretation of feedforward classification network outputs.

    Examples
    --------
    >>> softmax_jacobian(np.array([0.0, 0.0]))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    o = softmax(logits)
    outer = o[..., :, None] * o[..., None, :]
    return o[..., :, None] * np.eye(o.shape[-1], dtype=o.dtype) - outer  # eq-softmax-jacobian


def log_sum_exp(logits: Array) -> Array:
    """Return log Σ_j exp(z_j) along the last axis, without overflow.

    Parameters
    ----------
    logits : ndarray, shape (..., V)

    Returns
    -------
    ndarray, shape (..., 1)
        The last axis is kept, so that it can be subtracted from the logits.

    Raises
    ------
    ValueError, TypeError
        If an entry is not a finite number.

    Examples
    --------
    >>> log_sum_exp(np.array([1000.0, 1000.0]))
    array([1000.69314718])
    """
    z = _check_logits(logits)
    top = np.max(z.real, axis=-1, keepdims=True)
    return top + np.log(np.exp(z - top).sum(axis=-1, keepdims=True))  # eq-log-sum-exp


def softmax_cross_entropy(
    logits: Array, targets: Array, *, reduction: Reduction = "mean", mask: Array | None = None
) -> Loss:
    """Return the cross-entropy −log o[target], o = softmax(logits), with its gradient o − y.

    Parameters
    ----------
    logits : ndarray, shape (..., V)
    targets : ndarray of int, shape (...)
        The words that came, ``0 .. V - 1``; `IGNORED`, −100, where none is asked for.
    reduction : {"mean", "sum"}
        Over all targets that count.
    mask : ndarray of bool, shape (...), optional
        False where a position is padding and shall not count; its target may be anything.

    Returns
    -------
    Loss
        The value in nats; the gradient has the shape of `logits`.

    Raises
    ------
    ValueError, TypeError
        If shapes do not fit, a target lies outside the vocabulary, an entry is not a finite
        number, the reduction is unknown, or no target counts.

    References
    ----------
    Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.2.2.3.

    Examples
    --------
    >>> loss = softmax_cross_entropy(np.zeros((1, 4)), np.array([2]))
    >>> round(np.exp(loss.value), 6), loss.gradient
    (np.float64(4.0), array([[ 0.25,  0.25, -0.75,  0.25]]))
    """
    z = _check_logits(logits)
    y, keep = _check_targets(targets, mask, z)
    weights = _weights(keep, reduction, z.real.dtype)

    log_normaliser = log_sum_exp(z)
    log_o = np.take_along_axis(z, y[..., None], axis=-1) - log_normaliser
    value = -(weights * log_o[..., 0]).sum()  # eq-cross-entropy
    gradient = np.exp(z - log_normaliser)
    at_target = np.take_along_axis(gradient, y[..., None], axis=-1)
    np.put_along_axis(gradient, y[..., None], at_target - 1, axis=-1)  # eq-cross-entropy-gradient
    gradient *= weights[..., None]
    return Loss(value=value.item(), gradient=gradient)


def mean_squared_error(
    outputs: Array, targets: Array, *, reduction: Reduction = "mean", mask: Array | None = None
) -> Loss:
    """Return the mean (or sum) of (outputs − targets)² over all entries, with its gradient.

    No factor ½, as in PyTorch. Complex targets make it |outputs − targets|².

    Parameters
    ----------
    outputs, targets : ndarray, the same shape
    reduction : {"mean", "sum"}
        Over all entries that count.
    mask : ndarray of bool, shape of the outputs or of their leading axes, optional
        False where outputs do not count, all that lie below that place; targets there may be
        anything, NaN too.

    Returns
    -------
    Loss
        The gradient is with respect to `outputs`, 0 where masked.

    Raises
    ------
    ValueError, TypeError
        If the shapes differ, an entry is not a finite number, the reduction is unknown, or the mask
        keeps nothing.

    Examples
    --------
    >>> loss = mean_squared_error(np.array([1.0, 3.0]), np.array([0.0, 0.0]))
    >>> loss.value, loss.gradient
    (5.0, array([1., 3.]))
    >>> mean_squared_error([[1.0], [3.0]], [[0.0], [np.nan]], mask=[True, False]).value
    1.0
    """
    outputs = check_array("outputs", outputs)
    if outputs.size == 0:
        raise ValueError(f"outputs: expected at least one entry, got shape {outputs.shape}")
    if mask is not None:
        targets = np.asarray(targets)
        if targets.shape != outputs.shape:
            raise ValueError(f"targets: expected shape {outputs.shape}, got {targets.shape}")
        keep = _check_mask(mask, outputs.shape[: np.ndim(mask)])
        counted = mean_squared_error(outputs[keep], targets[keep], reduction=reduction)
        return Loss(counted.value, spread(counted.gradient, keep, outputs.shape))
    targets = check_array("targets", targets, outputs.shape)
    weight = 1 / outputs.size if _check_reduction(reduction) == "mean" else 1.0
    error = outputs - targets
    # Real targets leave it analytic in the outputs, as the complex step needs it.
    other = error.conj() if np.iscomplexobj(targets) else error
    value = weight * (error * other).sum()
    return Loss(
        value=(value.real if other is not error else value).item(), gradient=2 * weight * other
    )


def spread(gradient: Array, keep: Array, shape: tuple[int, ...]) -> Array:
    """Return an array of zeros with `gradient` where `keep` is True: the inverse of ``z[keep]``."""
    full = np.zeros(shape, gradient.dtype)
    full[keep] = gradient
    return full


def _check_logits(logits: Array) -> Array:
    z = check_array("logits", logits)
    if z.ndim == 0 or z.size == 0:
        raise ValueError(f"logits: expected shape (..., V) with V >= 1, got {z.shape}")
    return z


def _check_reduction(reduction: str) -> str:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction: expected 'mean' or 'sum', got {reduction!r}")
    return reduction


def _check_targets(targets: Array, mask: Array | None, z: Array) -> tuple[Array, Array]:
    """Return the targets, 0 for those that do not count, and which ones do."""
    y = np.asarray(targets)
    if y.dtype.kind not in "iu" or y.size == 0:
        check_tokens("targets", targets, z.shape[-1])  # says what is wrong with them
    if y.shape != z.shape[:-1]:
        raise ValueError(f"targets: expected shape {z.shape[:-1]}, got {y.shape}")
    keep: Array = y != IGNORED
    if not keep.any():
        raise ValueError(f"targets: expected at least one that is not {IGNORED}, got none")
    if mask is not None:
        keep = keep & _check_mask(mask, y.shape)
    if not keep.any():
        raise ValueError("mask: expected at least one position to be kept, got none")
    return check_tokens("targets", np.where(keep, y, 0), z.shape[-1]), keep


def _check_mask(mask: Array, shape: tuple[int, ...]) -> Array:
    keep = np.asarray(mask)
    if keep.dtype != bool:
        raise TypeError(f"mask: expected booleans, got dtype {keep.dtype}")
    if keep.shape != shape:
        raise ValueError(f"mask: expected shape {shape}, got {keep.shape}")
    if not keep.any():
        raise ValueError("mask: expected at least one position to be kept, got none")
    return keep


def _weights(keep: Array, reduction: str, dtype: np.dtype[np.generic]) -> Array:
    """Return what each position counts for: 1 or 1/(number kept), 0 where it is masked."""
    total = keep.sum() if _check_reduction(reduction) == "mean" else 1  # eq-mean-over-time
    return keep.astype(dtype) / np.asarray(total, dtype=dtype)
