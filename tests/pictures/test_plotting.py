"""Pictures: what they show is asserted on the data behind them."""

import warnings

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex, to_rgb
from matplotlib.font_manager import findfont
from matplotlib.patches import Circle, FancyArrowPatch

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


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_all_that_is_drawn_lies_within_the_picture(steps):
    words = [f"word {t}" for t in range(steps)]
    ax = diagrams.draw_unrolled(steps, inputs=words, outputs=words[::-1])
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    assert len(circles) == 3 * steps + 1
    for circle in circles:
        (x, y), r = circle.center, circle.radius
        assert left < x - r < x + r < right and low < y - r < y + r < high
    for text in ax.texts:
        x, y = text.get_position()
        assert left < x < right and low < y < high
    assert ax.figure.get_figwidth() >= 1.2 * (steps + 1)  # inches: a column's labels need as much


def test_words_stand_below_and_above_their_own_step():
    ax = diagrams.draw_unrolled(3, inputs=["a", "b", "c"], outputs=["A", "B", "C"])
    at = {text.get_text(): text.get_position() for text in ax.texts}
    for t, (below, above) in enumerate(("aA", "bB", "cC"), start=1):
        (x, low), (_, high) = at[f"$x_{{{t}}}$"], at[f"$o_{{{t}}}$"]
        assert at[below][0] == at[above][0] == x
        assert at[below][1] < low - diagrams.RADIUS and at[above][1] > high + diagrams.RADIUS


def test_the_books_style_has_no_box_about_a_picture():
    plotting.use_book_style()
    spines = plt.subplots()[1].spines
    assert [name for name, spine in spines.items() if spine.get_visible()] == ["left", "bottom"]


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


def test_pictures_have_the_letters_of_the_pages(caplog):
    """Every sign of a formula or a power of ten is drawn, in fonts that the library brings."""
    plotting.use_book_style()
    figure = plt.figure()
    figure.text(0.1, 0.1, "10⁻⁷ · ‖φ′‖ ½ – 0123456789⁰¹²³⁴⁵⁶⁷⁸⁹")
    figure.text(0.1, 0.5, r"10⁻⁷ ‖$\gamma\,\varphi(s_t) \partial h$‖, $10^{-3}$")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()
    assert not [line for line in caplog.messages if "not found" in line]
    for family, path in (("Course Sans", "CourseSans"), ("Course Math:italic", "CourseMath")):
        assert path in findfont(family, fallback_to_default=False)


def test_the_ruler_of_decades_leaves_the_limits_to_the_data():
    ax = plt.subplots()[1]
    ax.plot([0, -3, -6])
    low, high = ax.get_ylim()
    plotting.decade_ruler(ax)
    assert ax.get_ylim() == (low, high)
    assert [ax.yaxis.get_major_formatter()(v, 0) for v in (-6, 0, 2)] == [
        "$10^{-6}$",
        "1",
        "$10^{2}$",
    ]
    (line,) = [line for line in ax.lines if len(line.get_ydata()) == 2]
    assert list(line.get_ydata()) == [0, 0]


@pytest.mark.parametrize("steps", [2, 3, 5, 9])
def test_colours_of_time_can_be_read_as_text_on_paper(steps):
    colours = plotting.time_colours(steps)
    assert len(set(colours)) == steps
    for colour in (*colours, *plotting.COLOURS.values()):
        assert contrast(colour, plotting.PAPER) >= 4.5


def contrast(one, other):
    """WCAG's: of the luminances, the lighter to the darker."""

    def luminance(colour):
        rgb = np.array(to_rgb(colour))
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ (
            0.2126,
            0.7152,
            0.0722,
        )

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
