// SPDX-License-Identifier: MIT

/** Rows of a table by their status, by what is typed, or by both. */
export function filterTables() {
  for (const box of document.querySelectorAll(".filters")) {
    const rows = [...(box.parentElement?.querySelectorAll("tbody tr") ?? [])];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const input = box.querySelector("input");
    const buttons = [...box.querySelectorAll("button")];
    let status = "";
    const show = () => {
      const wanted = input?.value.toLowerCase() ?? "";
      for (const [index, row] of rows.entries()) {
        const is = status === "" || row.classList.contains(status);
        if (row instanceof HTMLElement) row.hidden = !is || !texts[index]?.includes(wanted);
      }
      for (const button of buttons)
        button.ariaPressed = String((button.dataset.status ?? "") === status);
    };
    input?.addEventListener("input", show);
    for (const button of buttons)
      button.addEventListener("click", () => {
        status = button.dataset.status ?? "";
        show();
      });
    // Who follows a link to a row wants to see it, whatever is picked.
    addEventListener("hashchange", () => {
      const target = document.querySelector(":target");
      if (!(target instanceof HTMLElement) || !target.hidden) return;
      status = "";
      if (input) input.value = "";
      show();
      target.scrollIntoView();
    });
  }
}
