"""Pictures: what they show is asserted on the data behind them."""

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from rnnlib.pictures import diagrams, plotting


@pytest.fixture(autouse=True)
def _no_figure_survives():
    with mpl.rc_context():
        yield
    plt.close("all")


def arrow_colours(ax):
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    return [to_hex(arrow.get_edgecolor()).upper() for arrow in arrows]


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_unrolled_network_has_each_weight_once_per_step_in_one_colour(steps):
    ax = diagrams.draw_unrolled(steps)
    colours = arrow_colours(ax)
    for role in ("input", "state", "output"):
        assert colours.count(plotting.COLOURS[role]) == steps


def test_folded_network_has_each_weight_once():
    assert sorted(arrow_colours(diagrams.draw_folded())) == sorted(
        plotting.COLOURS[role] for role in ("input", "state", "output")
    )


def test_words_are_written_under_their_steps():
    ax = diagrams.draw_unrolled(2, inputs=["the", "cat"], outputs=["cat", "sleeps"])
    words = [text.get_text() for text in ax.texts]
    assert words.count("cat") == 2 and "the" in words and "sleeps" in words


def test_heat_map_shows_the_states_symmetrically_about_zero():
    hs = np.array([[0.0, 0.0], [0.5, -2.0], [1.0, 0.25]])
    image = plotting.state_heatmap(plt.subplots()[1], hs, ["a", "b"])
    np.testing.assert_array_equal(image.get_array(), hs.T)
    assert image.get_clim() == (-2.0, 2.0)


def test_gradient_reach_is_relative_to_distance_zero():
    ax = plt.subplots()[1]
    plotting.gradient_reach(ax, {"vanishing": np.log(3.0) + np.array([0.0, -1.0, -2.0])})
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.array([0, -1, -2]) / np.log(10))
    assert "vanishing" in [text.get_text() for text in ax.texts]


def relative_luminance(colour):
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("role", plotting.COLOURS)
def test_every_colour_can_carry_text_on_paper(role):
    """WCAG 2.1, success criterion 1.4.3: a contrast of at least 4.5 : 1."""
    dark, paper = relative_luminance(plotting.COLOURS[role]), relative_luminance(plotting.PAPER)
    assert (paper + 0.05) / (dark + 0.05) >= 4.5
