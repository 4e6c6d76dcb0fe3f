// The part of opencode-rs that runs inside the engine: no tool runs before opencode-rs has let it pass.
// It imports nothing, because the engine would fetch packages for it, and it refuses whenever it is in doubt.

const net = process.getBuiltinModule("node:net");

const GONE = "opencode-rs is gone, and nothing runs without it";
const STRANGER = "This session does not belong to any run of opencode-rs.";
/** Limit of a call's arguments, in characters. */
const LONGEST = 64 * 1024 * 1024;

const HIDDEN = ["OPENCODE_SERVER_PASSWORD", "OPENCODE_RS_GATE"];
const values = HIDDEN.map((name) => process.env[name]);
// The engine has read its password already; its children would inherit it.
for (const name of HIDDEN) delete process.env[name];

/** The hub's port and token, the agent's directory, and the variables that commands get instead of the engine's own. */
const own = parsed(values[1]);
/** The connection to the hub, which announces every gate. */
let hub;
/** The open gates. */
const gates = new Set();
/** The sessions that gates have named: the gate, and whether it is asked before each call of the model. */
const sessions = new Map();
/** The tools with which models give answers, by name, and the gate that has described each. */
const answers = new Map((own?.answers ?? []).map((name) => [name, undefined]));
/** Waiting calls: their callbacks, and the gates that have not answered. */
const waiting = new Map();
/** Whether this plugin runs last; unknown before the configuration is. */
let order;
let last = 0;
/** Held for as long as the engine runs: collecting a library frees its functions. */
let system;

const nativeFetch = globalThis.fetch;
/** The statuses of redirects. */
const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 20;
/** The default and the longest timeout of `webfetch`, in seconds. */
const USUAL_TIMEOUT = 30;
const LONGEST_TIMEOUT = 120;
/** Headers that are sent only to the first host. */
const FOR_ONE_ORIGIN = ["authorization", "cookie", "proxy-authorization"];
/** Nothing listens there. A request to it that reaches our `fetch` shows that the engine's requests do. */
const PROBE = "http://127.0.0.1:1/opencode-rs/";
/** Whether the engine's own HTTP client uses our `fetch`. */
let seesRequests = false;
/** Calls of `webfetch` that have passed and not ended. */
const fetching = new Map();

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Erases secrets from the part of this process that other processes can read: `/proc/PID/environ` shows the memory of
 * the initial environment.
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
    // Compares all bytes: other bytes are not the value that we know.
    if (Buffer.from(bytes).toString() === values[at]) bytes.fill(120);
  });
  // PR_SET_DUMPABLE off: neither environment nor memory can be read by other processes of the same user.
  system.symbols.prctl?.(4, 0, 0, 0, 0);
}

/** Connects to loopback, and calls `heard` with each line. */
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

/** Adds a gate, which receives all calls from now on. */
function add({ port, token }) {
  const gate = connect(port, (line) => heard(gate, JSON.parse(line)), () => leave(gate));
  gates.add(gate);
  send(gate, { token });
  if (order) send(gate, order);
}

/** Leaves the calls that a closed gate has not answered to the other gates; refuses them when no gate is left. */
function leave(gate) {
  if (!gates.delete(gate)) return;
  gate.destroy();
  for (const [name, tool] of answers) if (tool?.gate === gate) answers.set(name, undefined);
  for (const call of [...waiting.values()]) without(call, gate, GONE);
}

/** Replaces half a surrogate pair, which is not a valid character, like every consumer of the text. */
function whole(_, item) {
  if (typeof item === "string") return item.toWellFormed();
  if (!item || typeof item !== "object" || Array.isArray(item)) return item;
  if (Object.keys(item).every((key) => key.isWellFormed())) return item;
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key.toWellFormed(), value]));
}

function send(socket, value) {
  socket.write(JSON.stringify(value, whole) + "\n");
}

/** Takes what a gate says: its answer tool, its session, or its answer to a call. */
function heard(gate, { answerTool, session, asksBeforeModel, ...answered }) {
  if (answerTool !== undefined) {
    const free = [...answers].find(([, tool]) => tool === undefined)?.[0] ?? "";
    if (free) answers.set(free, { gate, ...answerTool });
    return send(gate, { answer_tool: free });
  }
  if (session !== undefined) return sessions.set(session, { gate, asksBeforeModel });
  answer(gate, answered);
}

function answer(gate, { id, pass, refuse }) {
  const call = waiting.get(id);
  if (!call?.gates.has(gate)) return;
  if (pass !== true && refuse === undefined) return without(call, gate, STRANGER);
  waiting.delete(id);
  if (pass === true) call.pass();
  else call.refuse(refuse);
}

/** Takes a gate that has not decided off a call. */
function without(call, gate, why) {
  if (!call.gates.delete(gate) || call.gates.size > 0) return;
  waiting.delete(call.id);
  call.refuse(why);
}

/** Resolves when the call may go on; throws the message for the model when it may not. */
function ask({ session = "", call = "", args, signal, ...about }, among = gates) {
  // Any exception in here refuses the call.
  return new Promise((resolve, reject) => {
    const asked = new Set([...among].filter((gate) => gates.has(gate)));
    if (!own || !hub || asked.size === 0) throw new Error(GONE);
    // A nested JSON text: when the gate cannot parse it, it refuses this call, not the whole connection.
    const shown = JSON.stringify(args ?? {}, whole);
    if (shown === undefined || shown.length > LONGEST) throw new Error("These arguments are too large to be judged.");
    const id = ++last;
    waiting.set(id, { id, gates: asked, pass: resolve, refuse: (why) => reject(new Error(why)) });
    // Asks all of these gates: only the gate that knows the session decides.
    for (const gate of asked) send(gate, { ...about, id, session, call, arguments: shown });
    signal?.addEventListener("abort", () => {
      if (!waiting.delete(id)) return;
      for (const gate of asked) send(gate, { id, gone: true });
      reject(new Error("Nobody waits for it any more."));
    });
  });
}

/**
 * A request of the engine. While `webfetch` runs, no request follows a redirect that has not passed: some requests of
 * `webfetch` cannot be told from others.
 */
function request(input, init) {
  const url = String(input?.url ?? input);
  if (url.startsWith(PROBE)) {
    seesRequests = true;
    return Promise.resolve(Response.json({ skills: [] }));
  }
  const option = (name) => init?.[name] ?? input?.[name];
  const reads = ["GET", "HEAD"].includes((option("method") ?? "GET").toUpperCase());
  if (fetching.size === 0 || !reads || (option("redirect") ?? "follow") !== "follow") return nativeFetch(input, init);
  return follow(url, input, init);
}

/** Follows redirects, each after it has passed. */
async function follow(first, input, init) {
  const { calls, fail } = callsOf(first);
  for (const call of calls) call.restore();
  const headers = new Headers(init?.headers ?? input?.headers);
  const signal = init?.signal ?? input?.signal;
  const longest = Math.max(...calls.map((call) => call.timeout));
  let left = longest;
  let url = new URL(first);
  for (let redirects = 0; ; redirects += 1) {
    // The time that an approver needs does not count.
    const started = performance.now();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), left);
    const response = await nativeFetch(redirects === 0 ? input : url, {
      ...init,
      headers,
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    })
      .catch((error) => {
        if (!late.signal.aborted) throw error;
        return fail(`${url.href} did not answer within ${longest / 1000} s`);
      })
      .finally(() => clearTimeout(timer));
    left -= performance.now() - started;
    const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
    if (location === null) return response;
    response.body?.cancel().catch(() => {});
    if (redirects === MOST_REDIRECTS) return fail(`${first} redirects more than ${MOST_REDIRECTS} times`);
    if (!URL.canParse(location, url)) return fail(`${url.href} redirects to what is no address`);
    const next = new URL(location, url);
    if (!["http:", "https:"].includes(next.protocol)) {
      return fail(`${url.href} redirects to ${next.href}, which is no web address`);
    }
    try {
      const args = { url: next.href, from: url.href };
      for (const { session, call } of calls) await ask({ moment: "redirect", tool: "webfetch", session, call, args, signal });
    } catch (error) {
      return fail(`${url.href} redirects to ${next.href}: ${error.message}`);
    }
    if (next.origin !== url.origin) for (const name of FOR_ONE_ORIGIN) headers.delete(name);
    url = next;
  }
}

/** The calls that a request may belong to, one of each session, and what ends it: those for the same page; else any. */
function callsOf(address) {
  const page = ({ origin, pathname }) => origin + pathname;
  const all = [...fetching.values()];
  const same = all.filter(({ url }) => URL.canParse(url) && page(new URL(url)) === page(new URL(address)));
  const found = same.length > 0 ? same : all;
  const calls = found.filter((call, at) => found.findIndex(({ session }) => session === call.session) === at);
  const fail = (why) => {
    if (same.length === 0) throw new Error(why);
    // The engine's message about a failed request gives no reason; we add ours when the call ends.
    for (const call of same) call.failure = why;
    return new Response();
  };
  return { calls, fail };
}

/** Remembers a call of `webfetch` until it ends. */
function begin(session, call, args) {
  const { url, timeout } = args;
  const wanted = typeof timeout === "number" ? timeout : USUAL_TIMEOUT;
  // The engine counts the time that an approver needs; we do not.
  args.timeout = LONGEST_TIMEOUT;
  const restore = () => {
    if (timeout === undefined) delete args.timeout;
    else args.timeout = timeout;
  };
  fetching.set(`${session} ${call}`, {
    session,
    call,
    url,
    timeout: Math.min(wanted, LONGEST_TIMEOUT) * 1000,
    restore,
  });
}

/** Forgets an ended call and returns its record. */
function end(session, call) {
  const key = `${session} ${call}`;
  const ended = fetching.get(key);
  fetching.delete(key);
  return ended;
}

if (own) globalThis.fetch = new Proxy(nativeFetch, { apply: (_, __, [input, init]) => request(input, init) });

let opened;

export const OpencodeRs = async ({ client }) => {
  if (own && !opened) {
    opened = true;
    // The engine started elsewhere. Shells of command templates run where it works.
    process.chdir(own.directory);
    await hide();
    open();
  }
  /** The names of the engine's own tools in this directory, and those that plugins have given to theirs. */
  const [builtIn, ofPlugins] = [new Set(), new Set()];
  /** Whether a call is one of the engine's own tool. Tools of plugins and of MCP servers take its place. */
  const isEngines = async (tool) => {
    // A command of the user may start a subagent before the engine has offered a model any tool.
    if (ofPlugins.has(tool) || (!builtIn.has(tool) && tool !== "task")) return false;
    if (!tool.includes("_")) return true;
    try {
      const { data } = await client.mcp.status();
      return !Object.keys(data).some((name) => tool.startsWith(`${name.replace(/[^a-zA-Z0-9_-]/g, "_")}_`));
    } catch {
      return false;
    }
  };
  return {
    // The engine passes the arguments unchecked: the gate checks them, and lets none pass that are wrong.
    tool: Object.fromEntries(
      [...answers.keys()].map((name) => [
        name,
        { description: "Not in use.", args: {}, execute: async () => "This is the answer." },
      ]),
    ),
    config: async (config) => {
      // Offered where the rules of a session allow it, and nowhere else.
      if (answers.size > 0) {
        const rules = typeof config.permission === "string" ? { "*": config.permission } : config.permission;
        config.permission = { ...rules, ...Object.fromEntries([...answers.keys()].map((name) => [name, "deny"])) };
      }
      // The engine's client keeps the `fetch` of its first request, which may be older than this plugin.
      if (own && !seesRequests) config.skills = { ...config.skills, urls: [...(config.skills?.urls ?? []), PROBE] };
      const plugins = (config.plugin ?? []).map((plugin) => (Array.isArray(plugin) ? plugin[0] : plugin));
      // A later plugin could change a call that the gate has judged, in whichever directory it was configured.
      const isLast = String(plugins[plugins.length - 1] ?? "") === own?.plugin;
      order = { ready: true, last: isLast && order?.last !== false };
      for (const gate of gates) send(gate, order);
    },
    "tool.definition": async ({ toolID }, output) => {
      // The engine describes its own tools field by field, and passes those of plugins as they are.
      (typeof output.parameters?.fields === "object" ? builtIn : ofPlugins).add(toolID);
      const tool = answers.get(toolID);
      if (!tool) return;
      output.description = tool.description;
      output.parameters = tool.parameters;
      output.jsonSchema = tool.parameters;
    },
    // The engine sends nothing to the model when this fails.
    "chat.params": async ({ sessionID: session, agent }) => {
      const { gate, asksBeforeModel } = sessions.get(session) ?? {};
      if (!asksBeforeModel) return;
      const name = String(agent?.name ?? agent);
      await ask({ moment: "model", tool: "", session, args: { agent: name } }, [gate]);
    },
    "tool.execute.before": async ({ tool, sessionID: session, callID: call }, { args }) => {
      const engines = await isEngines(tool);
      const redirects = seesRequests;
      await ask({ moment: "call", tool, session, call, args, engines, redirects });
      if (tool === "webfetch" && engines && redirects) begin(session, call, args);
    },
    "tool.execute.after": async ({ sessionID, callID }) => {
      const failure = end(sessionID, callID)?.failure;
      if (failure) throw new Error(failure);
    },
    event: async ({ event }) => {
      const part = event.type === "message.part.updated" ? event.properties.part : undefined;
      if (part?.type === "tool" && part.state.status === "error") end(part.sessionID, part.callID);
    },
    "shell.env": async ({ sessionID: session, callID: call }, output) => {
      Object.assign(output.env, own?.environment ?? {});
      await ask({ moment: "shell", tool: "bash", session, call });
    },
  };
};
