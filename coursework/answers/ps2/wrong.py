"""Problem set 2: typical wrong answers."""

from coursework.answers import Answer

WRONG = [
    Answer("ps2-ex1", "φ′ taken at h", {"(1 - h_new**2)": "(1 - np.tanh(h_new) ** 2)"}),
    Answer("ps2-ex1", "φ′ taken at the old state", {"(1 - h_new**2)": "(1 - h_old**2)"}),
    Answer("ps2-ex1", "without φ′", {"dh_new * (1 - h_new**2)": "dh_new"}),
    Answer("ps2-ex1", "scaled after U_hh", {"to_state @ U_hh,": "from_input * (delta @ U_hh),"}),
    Answer("ps2-ex1", "W_hh the wrong way round", {"delta.T @ h_old": "h_old.T @ delta"}),
    Answer("ps2-ex1", "spurious transpose", {"delta @ W_hh": "delta @ W_hh.T"}),
    Answer("ps2-ex1", "spurious transpose of U_hh", {"to_state @ U_hh,": "to_state @ U_hh.T,"}),
    Answer("ps2-ex1", "h_{t-1} through W_hh only", {" + to_state @ U_hh": ""}),
    Answer("ps2-ex1", "x_t through W_xh only", {" + to_input @ U_xh": ""}),
    Answer(
        "ps2-ex1",
        "each factor beside itself",
        {"delta * from_input, delta * from_state": "delta * from_state, delta * from_input"},
    ),
    Answer("ps2-ex1", "new state for the old one", {"delta.T @ h_old": "delta.T @ h_new"}),
    Answer("ps2-ex1", "mean over the batch", {"delta.sum(axis=0)": "delta.mean(axis=0)"}),
    Answer(
        "ps2-ex1", "outer product the wrong way round", {"to_state.T @ h_old": "h_old.T @ to_state"}
    ),
    Answer(
        "ps2-ex2",
        "last source only",
        {"(sources[t - 1] + carry)": "(sources[t - 1] if t == len(xs) else carry)"},
    ),
    Answer("ps2-ex2", "no carry", {"(sources[t - 1] + carry)": "sources[t - 1]"}),
    Answer("ps2-ex2", "assigned, not added", {'gradient["U_hh"] +=': 'gradient["U_hh"] ='}),
    Answer("ps2-ex2", "the product carries nothing back", {" + to_state @ U_hh": ""}),
    Answer("ps2-ex2", "carry not scaled by the input", {"to_state @ U_hh": "delta @ U_hh"}),
    Answer("ps2-ex2", "spurious transpose", {"carry = delta @ W_hh": "carry = delta @ W_hh.T"}),
    Answer("ps2-ex2", "new state for the old one", {"delta.T @ h\n": "delta.T @ hs[t]\n"}),
    Answer(
        "ps2-ex2", "the first step forgotten", {"range(len(xs), 0, -1)": "range(len(xs), 1, -1)"}
    ),
    Answer("ps2-ex2", "φ′ taken at h", {"(1 - hs[t] ** 2)": "(1 - np.tanh(hs[t]) ** 2)"}),
    Answer("ps2-ex2", "without φ′", {" * (1 - hs[t] ** 2)": ""}),
    Answer("ps2-ex2", "scaled after U_hh", {"to_state @ U_hh": "(x @ U_xh.T) * (delta @ U_hh)"}),
    Answer("ps2-ex2", "x_t through W_xh only", {" + to_input @ U_xh": ""}),
    Answer(
        "ps2-ex2",
        "inputs in the order of the loop",
        {'gradient["xs"][t - 1]': 'gradient["xs"][len(xs) - t]'},
    ),
    Answer("ps2-ex2", "δ of the first step for h_0", {'["h0"] = carry': '["h0"] = delta'}),
    Answer(
        "ps2-ex2", "h_0 summed over the batch", {'["h0"] = carry': '["h0"] = carry.sum(axis=0)'}
    ),
    Answer("ps2-ex3", "one factor moves at a time", {" + from_state * from_input_dot": ""}),
    Answer(
        "ps2-ex3",
        "product of the rates",
        {
            "from_state_dot * from_input + from_state * from_input_dot": (
                "from_state_dot * from_input_dot"
            )
        },
    ),
    Answer("ps2-ex3", "immediate rates only", {"result[t - 1]": "0 * result[0]"}),
    Answer("ps2-ex3", "the old state held in U_hh h", {" + h_dot @ U_hh.T": ""}),
    Answer("ps2-ex3", "inputs do not move in the product", {" + x_dot @ U_xh.T": ""}),
    Answer("ps2-ex3", "h_0 does not move", {'    result[0] = dot["h0"]\n': ""}),
    Answer(
        "ps2-ex3",
        "all directions expected",
        {"directions.get(name, np.zeros(np.shape(value)))": "directions[name]"},
    ),
    Answer("ps2-ex3", "transpose missing", {"h_dot @ W_hh.T": "h_dot @ W_hh"}),
    Answer("ps2-ex3", "φ′ taken at h", {"(1 - hs[t] ** 2)": "(1 - np.tanh(hs[t]) ** 2)"}),
    Answer("ps2-ex3", "without φ′", {"(1 - hs[t] ** 2) * s_dot": "s_dot"}),
    Answer(
        "ps2-ex4", "errors still die in the padding", {"np.where(running, through, dh)": "through"}
    ),
    Answer(
        "ps2-ex4",
        "carry still not scaled by the input",
        {"(delta * from_input) @ U_hh": "delta @ U_hh"},
    ),
    Answer("ps2-ex4", "U_xh still hears the new state", {"h_old @ U_hh.T": "h_new @ U_hh.T"}),
    Answer("ps2-ex4", "h_0 still a mean", {"dh.sum(axis=0)": "dh.mean(axis=0)"}),
    Answer("ps2-ex4", "h_0 for each sequence", {"dh.sum(axis=0)": "dh"}),
    Answer(
        "ps2-ex4",
        "only the carry mended",
        {
            "h_old @ U_hh.T": "h_new @ U_hh.T",
            "dh = np.where(running, through, dh)": "dh = through",
            "dh.sum(axis=0)": "dh.mean(axis=0)",
        },
    ),
    Answer("ps2-ex4", "the last step of each sequence lost", {"(t <= lengths)": "(t < lengths)"}),
    Answer(
        "ps2-ex4",
        "error passes ended steps twice",
        {"np.where(running, through, dh)": "through + dh"},
    ),
    Answer(
        "ps2-ex4", "padding counts as steps", {"(t <= lengths)": "(t <= len(xs) + 0 * lengths)"}
    ),
    Answer(
        "ps2-ex4",
        "the first steps run, not the last",
        {"(t <= lengths)": "(t > len(xs) - lengths)"},
    ),
    Answer(
        "ps2-ex4",
        "handed in as it was",
        {
            "h_old @ U_hh.T": "h_new @ U_hh.T",
            "(delta * from_input) @ U_hh": "delta @ U_hh",
            "dh = np.where(running, through, dh)": "dh = through",
            "dh.sum(axis=0)": "dh.mean(axis=0)",
        },
    ),
    Answer(
        "ps2-ex4",
        "ended sequences known by an error of 0, entry by entry",
        {"np.where(running, through, dh)": "np.where(delta != 0, through, dh)"},
    ),
    Answer(
        "ps2-ex4",
        "lengths taken to reach the end of the array",
        {"(t <= lengths)": "(t <= lengths + len(xs) - max(lengths))"},
    ),
    Answer(
        "ps2-ex4",
        "0 divided by an error of 0",
        {"dh = np.where(running, through, dh)": "dh = np.where(running, through, dh * (dh / dh))"},
    ),
]
