// SPDX-License-Identifier: MIT

/** Gives each piece of code a button that copies it. */
export function copyButtons() {
  for (const box of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const copied = await copy(box.querySelector("pre"));
      button.textContent = copied ? "Copied" : "Not copied";
      setTimeout(() => {
        button.textContent = "Copy";
      }, 1500);
    });
    box.append(button);
  }
}

/** @param {HTMLElement | null} source */
async function copy(source) {
  if (!source) return false;
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    // A page that is no secure context, or a browser that asks first: what a person would do by hand.
    const selection = getSelection();
    selection?.selectAllChildren(source);
    const done = document.execCommand("copy");
    selection?.removeAllRanges();
    return done;
  }
}
