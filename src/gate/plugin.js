// The part of opencode-rs that runs inside the engine: no tool runs before opencode-rs has let it pass.
// It imports nothing, because the engine would fetch packages for it, and it is closed whenever it is in doubt.

const net = process.getBuiltinModule("node:net");

/** Where opencode-rs listens, what it wants to hear first, and the variables that commands shall see instead. */
const own = take("OPENCODE_RS_GATE");
const waiting = new Map();
let socket;
let last = 0;

function take(name) {
  try {
    return JSON.parse(process.env[name]);
  } catch {
    return undefined;
  } finally {
    delete process.env[name];
  }
}

/**
 * Takes secrets out of what other processes can see of this one. The engine has read its password already; its
 * children would inherit it, and `/proc/PID/environ` shows the memory that the process was started with.
 */
async function hide(names) {
  const values = names.map((name) => process.env[name]);
  for (const name of names) delete process.env[name];
  let ffi;
  try {
    ffi = await import("bun:ffi");
  } catch {
    return;
  }
  const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, "libSystem.B.dylib"];
  for (const library of libraries) {
    try {
      const { symbols } = ffi.dlopen(library, { getenv: { args: ["ptr"], returns: "ptr" } });
      names.forEach((name, at) => {
        const found = symbols.getenv(ffi.ptr(Buffer.from(`${name}\0`)));
        const length = Buffer.byteLength(values[at] ?? "");
        // The very bytes: what is shorter by now is not the value that we know.
        if (found && length > 0 && ffi.toBuffer(found, 0, length).toString() === values[at]) {
          ffi.toBuffer(found, 0, length).fill("x");
        }
      });
      if (process.platform === "linux") {
        const { symbols: system } = ffi.dlopen(library, {
          prctl: { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" },
        });
        // PR_SET_DUMPABLE off: neither environment nor memory can be read by other processes of the same user.
        system.prctl(4, 0, 0, 0, 0);
      }
      return;
    } catch {
      // The next name of the system's library.
    }
  }
}

function connect() {
  socket = net.connect({ host: "127.0.0.1", port: own.port });
  socket.setNoDelay(true);
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (data) => {
    text += data;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      answer(text.slice(0, end));
      text = text.slice(end + 1);
    }
  });
  const gone = () => {
    socket = undefined;
    for (const { refuse } of waiting.values()) refuse("opencode-rs is gone, and nothing runs without it");
    waiting.clear();
  };
  socket.on("error", gone);
  socket.on("close", gone);
  send({ token: own.token });
}

function send(value) {
  // Half a surrogate pair is no character to anybody else; whoever uses the text replaces it in the same way.
  const whole = (_, item) => (typeof item === "string" ? item.toWellFormed() : item);
  socket.write(JSON.stringify(value, whole) + "\n");
}

function answer(line) {
  const { id, pass, refuse } = JSON.parse(line);
  const call = waiting.get(id);
  waiting.delete(id);
  if (pass === true) call?.pass();
  else call?.refuse(refuse ?? "refused");
}

/** Resolves when the call may go on; throws what the model is told when it may not. */
function ask(question) {
  return new Promise((resolve, reject) => {
    if (!own || !socket) {
      reject(new Error("opencode-rs is gone, and nothing runs without it"));
      return;
    }
    const id = ++last;
    waiting.set(id, { pass: resolve, refuse: (why) => reject(new Error(why)) });
    send({ id, ...question });
  });
}

let opened;

export const OpencodeRs = async () => {
  if (own && !opened) {
    opened = true;
    await hide(["OPENCODE_SERVER_PASSWORD", "OPENCODE_RS_GATE"]);
    connect();
  }
  return {
    config: async (config) => {
      const plugins = (config.plugin ?? []).map((plugin) => (Array.isArray(plugin) ? plugin[0] : plugin));
      // A plugin that comes later could change what the gate has seen.
      if (socket) send({ ready: true, last: String(plugins[plugins.length - 1] ?? "") === own.plugin });
    },
    "tool.execute.before": ({ tool, sessionID, callID }, { args }) =>
      ask({ moment: "call", tool, session: sessionID, call: callID, arguments: args ?? {} }),
    "shell.env": async ({ sessionID, callID }, output) => {
      Object.assign(output.env, own?.environment ?? {});
      await ask({ moment: "shell", tool: "bash", session: sessionID ?? "", call: callID ?? "", arguments: {} });
    },
  };
};
