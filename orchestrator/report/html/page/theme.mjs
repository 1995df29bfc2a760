// SPDX-License-Identifier: MIT

/** @type {(() => void)[]} */
const listeners = [];

/**
 * Calls `listener` whenever the page's colours have changed.
 * @param {() => void} listener
 */
export function onTheme(listener) {
  listeners.push(listener);
}

/** Light, dark, or as the system says. */
export function themeButton() {
  const button = document.getElementById("theme");
  const choices = ["light dark", "light", "dark"];
  const names = ["as the system", "light", "dark"];
  let chosen = 0;
  const show = () => {
    document.documentElement.style.colorScheme = choices[chosen] ?? "";
    if (button) button.textContent = `Colours: ${names[chosen]}`;
    for (const listener of listeners) listener();
  };
  if (button) button.hidden = false;
  button?.addEventListener("click", () => {
    chosen = (chosen + 1) % choices.length;
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

/**
 * A colour of the style sheet as it is now.
 * @param {string} name of its variable, without dashes
 */
export function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
