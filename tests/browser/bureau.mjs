// A small bureau over HTTP: people with passwords and certificates, and short ways to act as one of them.
import assert from "node:assert/strict";

const PASSWORD = "云岫湖边的第三棵树开花了";

export class Bureau {
  constructor(address, link) {
    this.address = address;
    this.link = link;
    this.people = {};
    this.sessions = {};
  }

  async raw(method, path, body, headers = {}) {
    return fetch(this.address + path, { method, redirect: "manual", headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers }, body: body === undefined ? undefined : JSON.stringify(body) });
  }

  async call(who, method, path, body) {
    const session = this.sessions[who];
    const response = await this.raw(method, path, body, session ? { cookie: session.cookie, "x-zhicai-csrf": session.csrf } : {});
    const text = await response.text();
    assert.ok(response.ok, `${who} ${method} ${path} ${JSON.stringify(body)} → ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async accept(link) {
    await this.call("", "POST", "/api/v1/invitations/accept", { token: link.split("#")[1], password: PASSWORD });
  }

  async open(login) {
    const response = await this.raw("POST", "/api/v1/sessions", { login, password: PASSWORD });
    assert.ok(response.ok, `${login} signs in`);
    const told = await response.json();
    this.sessions[login] = { cookie: response.headers.get("set-cookie").split(";")[0], csrf: told.csrf };
    this.people[login] = told.person.id;
  }

  /** The administrator settles everybody else. */
  async settle() {
    await this.accept(this.link);
    await this.open("feng");
    const cert = (n) => ({ cert_no: `5399000${String(n).padStart(4, "0")}`, issuer: "province", region: "云南省昆明市安宁市", categories: ["教育", "体育"], valid_from: "2020-01-01", valid_to: "2030-12-31" });
    const all = [["li", "李明", ["officer"]], ["wang", "王芳", ["officer", "publisher"]], ["zhao", "赵法", ["reviewer"]], ["qian", "钱局", ["head"]], ["chu", "褚师", ["trainer"]], ["wu", "吴同", ["trainee"]]];
    for (const [n, [login, name, roles]] of all.entries()) {
      const person = await this.call("feng", "POST", "/api/v1/people", { login, name, roles, certs: roles.includes("officer") ? [cert(n)] : [], legal_qualification: roles.includes("reviewer") });
      const link = await this.call("feng", "POST", `/api/v1/people/${person.id}/invitation`);
      await this.accept(link.url);
      await this.open(login);
    }
  }

  async version(no) {
    return (await this.call("qian", "GET", `/api/v1/cases/${encodeURIComponent(no)}`)).version;
  }

  /** One step on the newest version; `@li` stands for a person. */
  async step(who, no, day, step) {
    const text = JSON.stringify(step).replace(/"@(\w+)"/g, (_, login) => JSON.stringify(this.people[login]));
    return this.call(who, "POST", `/api/v1/cases/${encodeURIComponent(no)}/steps`, { ...JSON.parse(text), version: await this.version(no), day });
  }

  async signIn(page, login) {
    await page.goto(`${this.address}/sign-in`);
    await page.fill("#login", login);
    await page.fill("#password", PASSWORD);
    await page.press("#password", "Enter");
    await page.waitForURL(`${this.address}/`);
  }
}

export const service = (what, on) => ({ step: "serve", service: { what, method: "direct", sent_on: on, served_on: on, place: "云岫市东湖路88号", receiver: "张某（法定代表人）", servers: ["@li", "@wang"] } });

/** What is done outside the office, as the officers enter it. */
export function investigation() {
  const act = (kind, from, to, evidence, interviewee) => ({ step: "record_act", act: { kind, started_at: `2026-03-03T${from}:00+08:00`, ended_at: `2026-03-03T${to}:00+08:00`, place: "云岫市东湖路88号", officers: ["@li", "@wang"], shown_certs: true, told_rights: true, interviewee, notes: "教室4间，学生37人。", signed: true, evidence } });
  const av = (of) => ({ step: "record_av", record: { of, level: "key", device: "记录仪01", missing_because: "设备送修，已另作文字记录" } });
  return [
    ["li", "2026-03-03", act("inspection", "09:00", "10:00", [1], null)],
    ["li", "2026-03-03", act("interview", "10:30", "11:00", [], "张某")],
    ["li", "2026-03-03", av("act:0")],
    ["li", "2026-03-03", av("act:1")],
    ["li", "2026-03-04", { step: "confirm_facts" }],
    ["li", "2026-03-04", { step: "identify", identity: { document: "营业执照", name: "云岫市启明星文化传播有限公司", evidence: 2 } }],
    ...[1, 2, 3].map((no) => ["wang", "2026-03-04", { step: "check_evidence", check: { no, verified: true, lawful: true, copy_checked: true } }]),
    ...[["subject", [2]], ["act", [1, 3]], ["time_place", [1]]].map(([code, evidence]) => ["li", "2026-03-04", { step: "find_element", finding: { code, established: true, evidence, note: "查证属实" } }]),
    ["li", "2026-03-04", { step: "order_rectification", on: "2026-03-04", due: "2026-03-10", items: ["停止办学", "退还所收费用"] }],
    ["li", "2026-03-04", service("rectify", "2026-03-04")],
    ["wang", "2026-03-11", { step: "recheck_rectification", on: "2026-03-11", corrected: true, note: "已停止办学" }],
  ];
}
