// A driver for chatwarden to learn from: a tiny chat service with a real defect, and the driver protocol.
// To test your own product, replace `Chat` and `commands` by calls to it. The protocol: docs/protocol.md.
"use strict";

const readline = require("node:readline");

const options = process.argv.slice(2);
if (options.some((option) => option !== "--fixed")) {
  console.error("usage: driver.js [--fixed]");
  process.exit(2);
}

// ---- The service. This would be your product; nothing here knows the protocol. ----

// The service refuses the command and changes nothing.
class Denied extends Error {}

function check(condition, why) {
  if (!condition) throw new Denied(why);
}

// Children chat only with contacts that one of their guardians approved. `fixed` repairs the defect.
class Chat {
  constructor(cast, fixed) {
    this.fixed = fixed;
    this.users = new Map(cast.map((user) => [user.name, user]));
    this.contacts = new Map(cast.map((user) => [user.name, new Set()])); // of each child
    this.groups = new Map(); // by name: {phase, owner, members}
  }

  approve(by, child, contact) {
    this.checkGuardian(by, child, contact);
    this.contacts.get(child).add(contact);
  }

  revoke(by, child, contact) {
    this.checkGuardian(by, child, contact);
    const couldMeet = this.mayMeet(child, contact);
    this.contacts.get(child).delete(contact);
    for (const group of this.groups.values()) {
      // The two may not meet any more, so nobody may talk in a group that has both of them.
      const together = group.members.has(child) && group.members.has(contact);
      if (couldMeet && together && group.phase === "active") group.phase = "frozen";
    }
  }

  create(by, name, others) {
    check([by, ...others].every((who) => this.chats(who)), "guardians do not chat");
    check(!others.includes(by) && !this.groups.has(name), "the group or the member exists already");
    const members = [by, ...others];
    for (const who of others) this.checkCleared(who, by, members.filter((other) => other !== who));
    this.groups.set(name, { phase: "active", owner: by, members: new Set(members) });
  }

  invite(by, name, who) {
    const { members } = this.activeGroup(by, name);
    check(this.chats(who) && !members.has(who), "nobody to invite");
    this.checkCleared(who, by, [...members]);
    members.add(who);
  }

  leave(by, name) {
    const group = this.groups.get(name);
    check(group?.members.has(by), "not a member");
    group.members.delete(by);
    if (group.members.size === 0) group.phase = "dissolved";
    if (group.owner === by) group.owner = null;
  }

  message(by, name) {
    return [...this.activeGroup(by, name).members].filter((who) => who !== by); // the recipients
  }

  checkGuardian(by, child, contact) {
    check(this.users.get(child).guardians?.includes(by), "only a guardian of the child decides");
    check(this.chats(contact) && child !== contact, "nobody to chat with");
  }

  checkCleared(who, by, members) {
    // The defect: the newcomer is compared with the user who acts and not with every member.
    const compared = this.fixed ? members : [by];
    check(compared.every((other) => this.mayMeet(who, other)), `${who} may not meet them`);
  }

  activeGroup(member, name) {
    const group = this.groups.get(name);
    check(group?.phase === "active" && group.members.has(member), "not a member of an active group");
    return group;
  }

  chats(user) {
    return this.users.get(user).kind !== "guardian";
  }

  mayMeet(a, b) { // each child needs an approval of the other user
    const accepts = (p, q) => this.users.get(p).kind === "adult" || this.contacts.get(p).has(q);
    return accepts(a, b) && accepts(b, a);
  }
}

// ---- The driver: it turns commands of the harness into calls to the service. ----

// The harness sends only the commands listed here (no blocks, calls, links, bans and so on).
const commands = {
  approve: (chat, c) => chat.approve(c.by, c.child, c.contact),
  revoke: (chat, c) => chat.revoke(c.by, c.child, c.contact),
  create: (chat, c) => chat.create(c.by, c.group, c.with),
  invite: (chat, c) => chat.invite(c.by, c.group, c.who),
  leave: (chat, c) => chat.leave(c.by, c.group),
  message: (chat, c) => chat.message(c.by, c.group),
};

// An answer that is a JSON-RPC error.
class Failed extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

let chat;
let done = false;

const methods = {
  hello({ protocol }) {
    // Exact: except for its defect, the service follows this policy exactly, and ignores the one in `reset`.
    return { protocol: Math.min(protocol, 2), name: "tiny-chat", version: "1.0", commands: Object.keys(commands),
      fidelity: "exact", policy: "messenger-kids", observes: ["members", "phase", "owner", "contacts"] };
  },

  reset({ cast }) {
    chat = new Chat(cast, options.includes("--fixed"));
    return {};
  },

  async apply({ command }) {
    if (!Object.hasOwn(commands, command.do)) throw new Failed(1, `${command.do} is not supported`);
    try {
      const delivered = await commands[command.do](chat, command); // a real product's calls take time
      return delivered ? { decision: "allow", delivered: delivered.sort() } : { decision: "allow" };
    } catch (error) {
      if (error instanceof Denied) return { decision: "deny", because: error.message };
      throw error;
    }
  },

  observe() {
    const groups = [...chat.groups].map(([name, group]) => (
      { name, ...group, members: [...group.members].sort() }));
    const contacts = [...chat.contacts].flatMap(([child, theirs]) => [...theirs].map((who) => [child, who]));
    return { groups, contacts: contacts.sort() };
  },

  bye() {
    done = true;
    return {};
  },
};

// ---- The protocol: JSON-RPC, one message a line. Keep this part. ----

function result({ method, params }) {
  if (!Object.hasOwn(methods, method)) throw new Failed(-32601, `unknown method \`${method}\``);
  return methods[method](params);
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const reply = { jsonrpc: "2.0", id: null };
    try {
      const request = JSON.parse(line);
      reply.id = request.id ?? null;
      reply.result = await result(request); // one request at a time keeps the answers in order
    } catch (error) {
      const code = reply.id === null ? -32700 : -32603; // not a request, or the driver itself failed
      reply.error = { code, message: error.message };
      if (error instanceof Failed) reply.error.code = error.code;
      else console.error(error); // to standard error, the end of which the harness shows
    }
    process.stdout.write(JSON.stringify(reply) + "\n");
    if (done) break;
  }
  process.stdin.destroy(); // otherwise the process waits for more input after `bye`
}

main();
