#!/usr/bin/env node
// SPDX-License-Identifier: MIT
//
// Stands for QEMU with a guest in it: speaks QMP as QEMU's client, prints on the console, and has the guest's SSH server, with the
// key that the lab has put into the initial RAM disk. What it is asked over QMP it prints on the console, too.
// PLAYED_HOST and PLAYED_ENDPOINT say what goes wrong: "refuses", "silent" (the guest never comes up), "no-tcpdump", "no-time-grid".
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import ssh2 from "ssh2";

const after = (flag) => process.argv[process.argv.indexOf(flag) + 1] ?? "";
const role = after("-name").replace("ntb-edma-lab-", "");
const plays = process.env[`PLAYED_${role.toUpperCase()}`] ?? "";
const say = (text) => process.stdout.write(`${text}\n`);

if (plays === "refuses") {
  process.stderr.write("qemu: played: no such device\n");
  process.exit(1);
}

const [hostKey = ""] =
  /-----BEGIN OPENSSH PRIVATE KEY-----[^-]+-----END OPENSSH PRIVATE KEY-----\n/.exec(
    readFileSync(after("-initrd"), "latin1").split("ssh_host_ed25519_key").at(1) ?? "",
  ) ?? [];
const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
  client.on("error", () => {});
  client.on("authentication", (context) =>
    context.method === "publickey" ? context.accept() : context.reject(["publickey"]),
  );
  client.on("ready", () =>
    client.on("session", (accept) =>
      accept().on("exec", (acceptCommand, _reject, { command: script }) => {
        // What a scenario has run is made strict.
        const command = script.replace(/^set -Eeo pipefail;.*\n/, "");
        const channel = acceptCommand();
        if (command.includes("exec tcpdump")) return capture(channel);
        if (command.startsWith("killall")) for (const end of captures.splice(0)) end();
        if (command === "die") process.exit(3);
        // And answers no more.
        if (command === "panic") return say("[    9.000000] Kernel panic - not syncing: played");
        channel.write(`${role}: ${command}\n`);
        channel.exit(0);
        channel.end();
      }),
    ),
  );
});

/** How to end each capture that goes on. */
const captures = [];

function capture(channel) {
  const end = (status) => {
    channel.exit(status);
    channel.end();
  };
  if (plays === "no-tcpdump") {
    channel.stderr.write("the image has no tcpdump\n");
    return end(127);
  }
  channel.write(`header of ${role};`);
  captures.push(() => {
    channel.write("last packet");
    end(0);
  });
}

const properties = { "link-state": "down", aborts: { write: 2, read: 1 } };
const channel = { doorbells: 0, transfers: 0, elements: 0, bytes: 7, notifications: 0, aborts: 0 };
properties.stats = {
  ...{ write: [channel], read: [], msi: 1, msix: 2, intx: 0, imwr: 0, doorbells: 0 },
  ...{
    register_reads: 0,
    register_writes: 0,
    faults: 0,
    doorbells_lost: 0,
    iatu_writes: 0,
    bar_changes: 0,
  },
};

function answerTo({ execute, arguments: given = {} }, event) {
  if (execute === "human-monitor-command") {
    const { port } = server.address();
    return `  TCP[HOST_FORWARD]  13       127.0.0.1 ${port}       10.0.2.15    22     0     0\n`;
  }
  if (execute !== "qom-get" && execute !== "qmp_capabilities")
    say(`qmp: ${execute} ${JSON.stringify(given)}`);
  if (execute === "qom-get") return properties[given.property];
  if (execute === "qom-set" && given.property === "link-up")
    properties["link-state"] = given.value ? "up" : "down";
  if (execute === "trace-event-get-state")
    return given.name.startsWith("dwc_") ? [{ name: given.name }] : [];
  // As when a person's gdb stops the VM, or the function goes.
  if (execute === "x-event") event(given);
  return {};
}

const limits = JSON.stringify({ QMP: { version: {}, capabilities: [] } });
const monitor = connect(after("-qmp").replace("unix:", ""), () => monitor.write(`${limits}\n`));
let rest = "";
monitor.setEncoding("utf8");
monitor.on("data", (text) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const request = JSON.parse(line);
    const event = (what) => monitor.write(`${JSON.stringify(what)}\n`);
    const answer = answerTo(request, event);
    monitor.write(`${JSON.stringify({ id: request.id, return: answer })}\n`);
  }
});
monitor.on("error", () => process.exit(0));

// A guest with virtual time: is held each few milliseconds, and answers commands of its port by printing them.
const [, commands] = /^socket,id=commands,path=(.*)$/m.exec(process.argv.join("\n")) ?? [];
if (commands) {
  const isReady = plays !== "silent" && plays !== "no-time-grid";
  const port = connect(commands, () => port.write(`${isReady ? "ready\n" : ""}held 120\n`));
  let heard = "";
  port.setEncoding("utf8");
  port.on("data", (text) => {
    heard += text;
    if (!heard.endsWith("go 120\n")) return;
    say("went on");
    const [, command] = /^command \d+\n(.*)go 120\n$/s.exec(heard) ?? [];
    heard = "";
    const printed = `${role} by its port: ${command}`;
    const answer = `0 ${Buffer.byteLength(printed)}\n${printed}`;
    if (command) port.write(`part ${Buffer.byteLength(answer)}\n${answer}end\n`);
    setTimeout(() => port.write("held 120\n"), 5);
  });
  port.on("error", () => {});
}

server.listen(0, "127.0.0.1", () => {
  say("[    0.000000] Booting Linux");
  if (plays !== "silent") say("ntb-edma-lab: ready");
});
