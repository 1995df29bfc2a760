// SPDX-License-Identifier: MIT
/** Of a lab by the wall clock, whose guests are never held. */
export const passingTime = {
  letTimePass: () => {},
  whileTimePasses: <Value>(work: () => Promise<Value>): Promise<Value> => work(),
};
