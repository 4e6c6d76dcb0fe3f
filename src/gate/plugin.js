// The part of opencode-rs that runs inside the engine: no tool runs before opencode-rs has let it pass.
// It imports nothing, because the engine would fetch packages for it, and it is closed whenever it is in doubt.

const net = process.getBuiltinModule("node:net");

const GONE = "opencode-rs is gone, and nothing runs without it";
const STRANGER = "This session does not belong to any run of opencode-rs.";
/** More of a call's arguments is not sent, in characters. */
const LONGEST = 64 * 1024 * 1024;

const HIDDEN = ["OPENCODE_SERVER_PASSWORD", "OPENCODE_RS_GATE"];
const values = HIDDEN.map((name) => process.env[name]);
// The engine has read its password already; its children would inherit it.
for (const name of HIDDEN) delete process.env[name];

/** Where our hub listens, what it wants to hear first, and the variables that commands shall see instead. */
const own = parsed(values[1]);
/** The connection to the hub. Who opens a gate says so there, and nowhere else. */
let hub;
/** The open gates. */
const gates = new Set();
/** Calls that wait: what is to be done with them, and the gates that have not answered. */
const waiting = new Map();
/** Whether this plugin is the last one; not known before the configuration is. */
let order;
let last = 0;
/** Held for as long as the engine runs: a library that is collected takes its functions along. */
let system;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Takes secrets out of what other processes can see of this one: `/proc/PID/environ` shows the memory that the process
 * was started with.
 */
async function hide() {
  let ffi;
  try {
    ffi = await import("bun:ffi");
  } catch {
    return;
  }
  const musl = `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`;
  const wanted = { getenv: { args: ["ptr"], returns: "ptr" } };
  if (process.platform === "linux") {
    wanted.prctl = { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" };
  }
  for (const library of ["libc.so.6", musl, "libSystem.B.dylib"]) {
    try {
      system = ffi.dlopen(library, wanted);
      break;
    } catch {
      // The next name of the system's library.
    }
  }
  if (!system) return;
  HIDDEN.forEach((name, at) => {
    const asked = Buffer.from(`${name}\0`);
    const found = system.symbols.getenv(ffi.ptr(asked));
    const length = Buffer.byteLength(values[at] ?? "");
    if (!found || length === 0) return;
    const bytes = new Uint8Array(ffi.toArrayBuffer(found, 0, length));
    // The very bytes: anything else is not the value that we know.
    if (Buffer.from(bytes).toString() === values[at]) bytes.fill(120);
  });
  // PR_SET_DUMPABLE off: neither environment nor memory can be read by other processes of the same user.
  system.symbols.prctl?.(4, 0, 0, 0, 0);
}

/** Connects to loopback, and calls `heard` with each line that comes. */
function connect(port, heard, gone) {
  const socket = net.connect({ host: "127.0.0.1", port });
  socket.setNoDelay(true);
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (data) => {
    text += data;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      heard(text.slice(0, end));
      text = text.slice(end + 1);
    }
  });
  socket.on("error", gone);
  socket.on("close", gone);
  return socket;
}

function open() {
  hub = connect(own.port, (line) => add(JSON.parse(line)), () => {
    hub = undefined;
    for (const gate of [...gates]) leave(gate);
  });
  send(hub, { token: own.token });
}

/** A gate more. It hears of the calls from now on. */
function add({ port, token }) {
  const gate = connect(port, (line) => answer(gate, line), () => leave(gate));
  gates.add(gate);
  send(gate, { token });
  if (order) send(gate, order);
}

/** What a gate that has gone has not answered, the others have to; and if there is none, it is refused. */
function leave(gate) {
  if (!gates.delete(gate)) return;
  gate.destroy();
  for (const call of [...waiting.values()]) without(call, gate, GONE);
}

/** Half a surrogate pair is no character to anybody else; whoever uses the text replaces it in the same way. */
function whole(_, item) {
  if (typeof item === "string") return item.toWellFormed();
  if (!item || typeof item !== "object" || Array.isArray(item)) return item;
  if (Object.keys(item).every((key) => key.isWellFormed())) return item;
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key.toWellFormed(), value]));
}

function send(socket, value) {
  socket.write(JSON.stringify(value, whole) + "\n");
}

function answer(gate, line) {
  const { id, pass, refuse } = JSON.parse(line);
  const call = waiting.get(id);
  if (!call?.gates.has(gate)) return;
  if (pass !== true && refuse === undefined) return without(call, gate, STRANGER);
  waiting.delete(id);
  if (pass === true) call.pass();
  else call.refuse(refuse);
}

/** A gate has nothing to say to a call. */
function without(call, gate, why) {
  if (!call.gates.delete(gate) || call.gates.size > 0) return;
  waiting.delete(call.id);
  call.refuse(why);
}

/** Resolves when the call may go on; throws what the model is told when it may not. */
function ask(moment, tool, session, call, args) {
  // Whatever is thrown in here refuses the call.
  return new Promise((resolve, reject) => {
    if (!own || !hub || gates.size === 0) throw new Error(GONE);
    // A text of its own: what cannot be read over there is refused, and does not take the other calls along.
    const shown = JSON.stringify(args ?? {}, whole);
    if (shown === undefined || shown.length > LONGEST) throw new Error("These arguments are too large to be judged.");
    const id = ++last;
    const asked = new Set(gates);
    waiting.set(id, { id, gates: asked, pass: resolve, refuse: (why) => reject(new Error(why)) });
    // All of them: only the one whose session it is has an answer.
    for (const gate of asked) {
      send(gate, { id, moment, tool, session: session ?? "", call: call ?? "", arguments: shown });
    }
  });
}

let opened;

export const OpencodeRs = async () => {
  if (own && !opened) {
    opened = true;
    await hide();
    open();
  }
  return {
    config: async (config) => {
      const plugins = (config.plugin ?? []).map((plugin) => (Array.isArray(plugin) ? plugin[0] : plugin));
      // A plugin that comes later could change what the gate has seen, in whichever directory it was configured.
      const isLast = String(plugins[plugins.length - 1] ?? "") === own?.plugin;
      order = { ready: true, last: isLast && order?.last !== false };
      for (const gate of gates) send(gate, order);
    },
    "tool.execute.before": ({ tool, sessionID, callID }, { args }) => ask("call", tool, sessionID, callID, args),
    "shell.env": async ({ sessionID, callID }, output) => {
      Object.assign(output.env, own?.environment ?? {});
      await ask("shell", "bash", sessionID, callID);
    },
  };
};
