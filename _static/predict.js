// A prediction asks before it tells (see tools/predictions.py). What the reader answers stays in this browser, under the
// page's address and the question; without a script, or where nothing can be stored, the answer opens all the same.
const SAVED = {
  read: key => { try { return localStorage.getItem(key); } catch { return null; } },
  write: (key, value) => { try { localStorage.setItem(key, value); } catch { /* private window: asked anew next time */ } },
  drop: key => { try { localStorage.removeItem(key); } catch { /* nothing was stored */ } },
};

// 0.28, 1e-7, 2*10^-7, 2·10⁻⁷, −3, 1,000, 1/1024 and 55 % are numbers; where the answer is in per cent, 55 is the same.
function numberOf(text, percent) {
  const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const plain = text.trim().replace(/\s*%$/, percent ? "" : "%")
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, power => "^" + power.replace("⁻", "-").replace(/[⁰-⁹¹²³]/g, digit => superscripts.indexOf(digit)))
    .replace(/[−–]/g, "-").replace(/,(?=\d{3}\b)/g, "").replace(",", ".").replace(/\s+/g, "");
  const found = plain.match(/^([+-]?\d*\.?\d+(?:e[+-]?\d+)?)?(?:[*·×x]?(10|2)\^([+-]?\d+))?(?:\/(\d+(?:\^\d+)?))?%?$/i);
  if (!found || !(found[1] || found[2])) return NaN;
  const [, mantissa = "1", base, exponent, below] = found;
  const [bottom, power = "1"] = (below ?? "1").split("^");
  const value = Number(mantissa) * (base ? base ** exponent : 1) / bottom ** power;
  return plain.endsWith("%") ? value / 100 : value;
}

function verdictOn(given, {value, text, factor, within}) {
  const apart = factor ? Math.abs(Math.log10(given / value)) : Math.abs(given - value);
  if (factor ? given * value > 0 && apart <= Math.log10(factor) * (1 + 1e-9) : apart <= within * (1 + 1e-9)) return `that is near enough: it is ${text}.`;
  const orders = Math.round(apart);
  const off = factor && given * value > 0 && orders >= 1 ? `, ${orders} ${orders === 1 ? "power" : "powers"} of ten away` : "";
  return `it is ${text}${off}.`;
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function ask(box, number) {
  const asked = box.querySelector(".asked"), answer = box.querySelector("details.answer");
  const right = JSON.parse(asked.dataset.right), name = `predict-${number}`;
  const question = box.querySelector("p:not(.admonition-title)").textContent.slice(0, 80); // other boxes may come before it
  const key = `predict ${location.pathname.split("/").slice(-2).join("/")} ${question}`;
  const choices = box.querySelector("ul.choices");
  const form = element("form", {className: "prediction"});
  const verdict = element("p", {className: "verdict", role: "status"});
  const commit = element("button", {type: "submit", textContent: "Commit"});
  const again = element("button", {type: "button", textContent: "Ask me again", hidden: true});

  if (choices) {
    const legend = element("legend", {className: "visually-hidden", textContent: "Your answer"});
    const options = [...choices.children].map((item, i) => element("label", {},
      element("input", {type: "radio", name, value: i, required: true}), element("span", {}, ...item.childNodes)));
    choices.replaceWith(form);
    form.append(element("fieldset", {}, legend, ...options), commit, again, verdict);
  } else {
    const field = element("input", {type: "text", name, required: true, autocomplete: "off", inputMode: "text", placeholder: "3 or 1e-5"});
    form.append(element("label", {}, element("span", {textContent: "Your answer "}), field), commit, again, verdict);
    asked.replaceWith(form);
    field.addEventListener("input", () => field.setCustomValidity(""));
  }
  answer.before(form);
  answer.hidden = true;

  const words = i => form.querySelectorAll("label > span")[i].textContent.trim();
  const controls = () => [...form.querySelectorAll("input")];
  if (choices) controls().forEach((control, i) => control.setAttribute("aria-label", words(i)));
  function tell(given) {
    const quoted = i => { // formulas and all
      const choice = form.querySelectorAll("label > span")[i].cloneNode(true);
      return ["“", ...(choice.querySelector("p") ?? choice).childNodes, "”"];
    };
    const judged = !choices ? [verdictOn(numberOf(given, right.percent), right)]
      : Number(given) === right.choice ? ["so it is."]
      : ["it is ", ...quoted(right.choice), "."];
    verdict.replaceChildren("You said ", ...(choices ? quoted(given) : [given]), ": ", ...judged);
    for (const control of controls()) control.disabled = true;
    commit.hidden = true;
    again.hidden = answer.hidden = false;
    answer.open = true;
  }
  form.addEventListener("submit", event => {
    event.preventDefault();
    const given = new FormData(form).get(name);
    if (!choices && Number.isNaN(numberOf(given, right.percent))) {
      controls()[0].setCustomValidity("A number, such as 3, 0.02, 1e-5 or 1/8.");
      controls()[0].reportValidity();
      return;
    }
    SAVED.write(key, given);
    tell(given);
    again.focus();
  });
  again.addEventListener("click", () => {
    SAVED.drop(key);
    verdict.textContent = "";
    for (const control of controls()) control.disabled = false;
    form.reset();
    commit.hidden = false;
    again.hidden = answer.hidden = true;
    controls()[0].focus();
  });

  const before = SAVED.read(key);
  if (choices && before !== null && controls()[before]) controls()[before].checked = true;
  else if (before !== null) controls()[0].value = before;
  if (before !== null && (choices ? controls()[before] : !Number.isNaN(numberOf(before, right.percent)))) tell(before);
}

addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".admonition.predict:has(.asked)").forEach((box, i) => ask(box, i + 1));
});
