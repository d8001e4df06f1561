"""The gradient product P_{t,k} = ∂h_t/∂h_k: multiplied out, bounded, followed over a long time.

Built in chapters 6 to 9, 12, 13, 15 and 17.
"""

from rnnlib.product.across_layers import input_products, input_reach, layer_products
from rnnlib.product.bounds import (
    LogBounds,
    horizon_bound,
    log_absolute_bound,
    log_bounds,
    log_step_volumes,
    log_volumes,
    log_weight_bound,
)
from rnnlib.product.exponents import cycle_exponents, exponent_floor, log_summed_growth
from rnnlib.product.gates import (
    DirectShare,
    direct_path,
    direct_share,
    gate_horizon,
    jacobian_at_rest,
)
from rnnlib.product.gradient_product import products_from_first, products_to_last, step_jacobians
from rnnlib.product.lyapunov import IntervalTooLongWarning, LyapunovSpectrum, lyapunov_spectrum
from rnnlib.product.norms import Norm, horizon, last_crossing, log_norm_table, log_norms
from rnnlib.product.path_sums import closed_detours, count_paths, path_terms, paths
from rnnlib.product.projection import ErrorProjection, error_projection
from rnnlib.product.singular_values import (
    LogSingularValues,
    log_singular_values,
    log_singular_values_of,
)
from rnnlib.product.spectra import (
    KreissBound,
    gelfand_radii,
    kreiss_bound,
    log_radius_bound,
    log_similarity_bound,
    resolvent_norms,
    spectral_radius,
)
from rnnlib.product.starts import (
    FanMiddle,
    MeanField,
    critical_gain,
    fan_middle,
    gaussian_exponents,
    gaussian_log_volume,
    mean_field,
)
from rnnlib.product.unit_product import diagonal_formula, geometric_mean, log_unit_products

__all__ = [
    "DirectShare",
    "ErrorProjection",
    "FanMiddle",
    "IntervalTooLongWarning",
    "KreissBound",
    "LogBounds",
    "LogSingularValues",
    "LyapunovSpectrum",
    "MeanField",
    "Norm",
    "closed_detours",
    "count_paths",
    "critical_gain",
    "cycle_exponents",
    "diagonal_formula",
    "direct_path",
    "direct_share",
    "error_projection",
    "exponent_floor",
    "fan_middle",
    "gate_horizon",
    "gaussian_exponents",
    "gaussian_log_volume",
    "gelfand_radii",
    "geometric_mean",
    "horizon",
    "horizon_bound",
    "input_products",
    "input_reach",
    "jacobian_at_rest",
    "kreiss_bound",
    "last_crossing",
    "layer_products",
    "log_absolute_bound",
    "log_bounds",
    "log_norm_table",
    "log_norms",
    "log_radius_bound",
    "log_similarity_bound",
    "log_singular_values",
    "log_singular_values_of",
    "log_step_volumes",
    "log_summed_growth",
    "log_unit_products",
    "log_volumes",
    "log_weight_bound",
    "lyapunov_spectrum",
    "mean_field",
    "path_terms",
    "paths",
    "products_from_first",
    "products_to_last",
    "resolvent_norms",
    "spectral_radius",
    "step_jacobians",
]
