// SPDX-License-Identifier: MIT

const endOfTrace = /---\[ end (?:trace|Kernel panic)/;

/** Lines shown before a complaint, and behind it at most. */
const before = 3;
const behind = 150;

/** A console line without the kernel's time and caller, as in `[   12.345][  T123] text`. */
export function withoutTime(line: string): string {
  return line.replace(/^(?:\[[^\]]*\]\s*)+/, "");
}

/** The lines that belong to the complaint on the line `index`: up to the end of its trace. */
export function complaintBlock(lines: readonly string[], index: number): string[] {
  const block = lines.slice(Math.max(0, index - before), index + behind);
  const shown = Math.min(index, before);
  const end = block.findIndex((line, at) => at > shown && endOfTrace.test(line));
  return end < 0 ? block : block.slice(0, end + 1);
}

/** Whether a line is one of the functions of a stack trace. */
export function isFrame(line: string): boolean {
  return frame.test(withoutTime(line).trim());
}

/** A function with its offset and length, as stack traces have it. */
const frame = /^(?:\[<[0-9a-f]+>\]\s*)?([\w.]+)\+0x[0-9a-f]+\/0x[0-9a-f]+/;

/** Functions that only print, check or schedule: they are in many traces, and at fault in none. */
const bystander = new RegExp(
  `^(?:${[
    "dump_(?:backtrace|stack).*",
    "show_stack.*|__show_.*",
    "_*warn.*|report_bug|.*_bug_handler|__report_.*",
    "print_.*|.*_report.*|_printk|v?panic|add_taint.*|die.*|.*_die|make_task_dead",
    "_*k[ac]san_.*|_*asan_.*|_*ubsan_.*|handle_.*overflow|_*hwasan.*|kfence_.*",
    "mem(?:cpy|set|move)|check_memory_region.*",
    "lock_(?:acquire|release).*|_*lockdep.*|validate_chain|check_.*|mark_.*|__lock_acquire",
    "_*raw_spin_.*|_*might_.*|_*mutex_lock.*|_*schedule.*|__switch_to|io_schedule.*|wait_for_.*",
    "do_(?:kernel_fault|mem_abort|page_fault|translation_fault|undefinstr|serror|el1_undef|debug_exception|bad_area)|el[01]t?_.*|call_.*break_hook|brk_handler|el1h_.*|__do_kernel_fault",
    "rcu_.*|.*rcu_read.*|.*_stall.*|tick_.*|update_process_times|hrtimer.*|__hrtimer.*|arch_timer.*|gic_.*|generic_handle.*|handle_percpu.*|do_interrupt_handler|call_on_irq_stack",
    "debug_dma_.*|add_dma_entry|err_printk|watchdog.*|sysrq_.*|__handle_sysrq|refcount_warn_.*",
  ].join("|")})$`,
);

/** The function that a trace is about: where the processor was, or the first that does more than tell of it. */
export function culpritOf(trace: readonly string[]): string | undefined {
  const pc = trace
    .map((line) => /\b(?:pc : |RIP: [0-9a-f]+:)([\w.]+)\+0x/.exec(line)?.[1])
    .find(Boolean);
  if (pc !== undefined && !bystander.test(pc)) return pc;
  const call = trace.findIndex((line) => /Call trace:/i.test(line));
  return trace
    .slice(call + 1) // without such a line, all of it
    .map((line) => frame.exec(withoutTime(line).trim())?.[1])
    .find((name) => name !== undefined && !bystander.test(name));
}
