// SPDX-License-Identifier: MIT

/** The counters of a channel of the engine that has done nothing. */
export const idleChannel = {
  doorbells: 0,
  transfers: 0,
  elements: 0,
  bytes: 0,
  notifications: 0,
  aborts: 0,
  busy_ns: 0,
};
