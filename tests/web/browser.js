// What an administrator does in a real browser, on an appliance that pages.t
// started. The first argument is a JSON file: url, name, password, root, pm,
// shots, mail (subject -> id). TAP on stdout.
"use strict";

const fs = require("fs");
const path = require("path");
const { spawnSync } = require("child_process");
const { chromium } = require("playwright-core");

const given = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const PASSWORD = "correct horse battery staple";
const origin = new URL(given.url).origin;
let n = 0;

function ok(good, name, seen) {
	n++;
	console.log((good ? "ok " : "not ok ") + n + " - " + name.replace(/#/g, "\\#"));
	if (!good && seen !== undefined) {
		console.log(("expected otherwise; came: " + String(seen)).replace(/^/gm, "# "));
	}
	return good;
}

function is(came, expected, name) {
	return ok(came === expected, name, JSON.stringify(came) + ", expected " +
		JSON.stringify(expected));
}

function sleep(ms) {
	return new Promise((done) => setTimeout(done, ms));
}

// What a page must never do, whatever mail it shows: each thing in a list.
const wrongs = [];

function watch(page) {
	page.on("request", (r) => {
		if (!r.url().startsWith(origin + "/")) {
			wrongs.push("a request to " + r.url());
		}
	});
	page.on("console", (m) => {
		// A page that is refused is an error for the console, too.
		if (m.type() === "error" && !/status of (400|403|404|503)/.test(m.text())) {
			wrongs.push("console: " + m.text());
		}
	});
	page.on("pageerror", (e) => wrongs.push("script: " + e.message));
	page.on("dialog", (d) => {
		wrongs.push("a dialog: " + d.message());
		d.dismiss();
	});
	page.on("popup", () => wrongs.push("a new window"));
	page.on("download", (d) => {
		if (!/\.(eml|csv)$/.test(d.suggestedFilename())) {
			wrongs.push("a download: " + d.suggestedFilename());
		}
	});
	return page;
}

function quiet(where) {
	is(wrongs.splice(0).join("\n"), "", where + ": nothing ran, nothing left, no error");
}

// Elements and attributes that no page of ours has: they would be the mail's.
async function foreign(page) {
	return page.evaluate(() => {
		const out = [];
		for (const e of document.querySelectorAll("*")) {
			const name = e.localName;
			if (["iframe", "object", "embed", "base", "img", "video", "audio", "style", "marquee",
				"math", "template", "portal", "i-am-mail"].includes(name) &&
				!/^\/reports\.svg\?/.test(e.getAttribute("src") || "")) {
				out.push("<" + name + ">");
			}
			if (name === "script" && !/^\/static\//.test(e.getAttribute("src") || "")) {
				out.push("a script");
			}
			if (name === "meta" && e.httpEquiv) {
				out.push("meta " + e.httpEquiv);
			}
			for (const a of e.attributes) {
				if (/^on/i.test(a.name) || a.name === "style") {
					out.push(name + "[" + a.name + "]");
				}
				if (["href", "src", "action", "formaction", "xlink:href"].includes(a.name) &&
					!/^[/?#]/.test(a.value)) {
					out.push(name + "[" + a.name + "=" + a.value + "]");
				}
			}
		}
		if (window.pwned) {
			out.push("a script of the mail ran");
		}
		return out.join(" ");
	});
}

async function accessible(page, where) {
	await page.evaluate(axe);
	const found = await page.evaluate(async () => {
		const result = await window.axe.run(document, { resultTypes: ["violations"] });
		return result.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
			.map((v) => v.id + ": " + v.nodes.map((node) => node.target.join(" ")).join(", "));
	});
	is(found.join("\n"), "", where + ": axe finds nothing serious");
}

async function shot(page, name) {
	if (given.shots) {
		await page.screenshot({ path: path.join(given.shots, name + ".png"), fullPage: true });
	}
}

// The page at hand as people have it: nothing foreign, accessible in both
// colour schemes, no scroll bar sideways on a small telephone.
async function look(page, where) {
	is(await foreign(page), "", where + ": only our own elements");
	await accessible(page, where);
	await shot(page, where);
	await page.emulateMedia({ colorScheme: "dark" });
	await accessible(page, where + ", dark");
	await shot(page, where + "-dark");
	await page.emulateMedia({ colorScheme: "light" });
	const size = page.viewportSize();
	await page.setViewportSize({ width: 360, height: 740 });
	const over = await page.evaluate(() => {
		const root = document.scrollingElement;
		root.scrollLeft = 1000;
		return root.scrollLeft + " " + (root.scrollWidth - root.clientWidth);
	});
	is(over, "0 0", where + ": no scroll bar sideways at 360 px");
	await shot(page, where + "-360");
	await page.setViewportSize(size);
}

function at(page) {
	return new URL(page.url()).pathname;
}

async function open(page, where) {
	await page.goto(given.url + where, { waitUntil: "load" });
}

// A button that sends a form, and the page that follows.
async function press(page, name) {
	await Promise.all([
		page.waitForNavigation({ waitUntil: "load" }),
		page.getByRole("button", { name, exact: true }).first().click(),
	]);
}

async function logIn(page, password) {
	await page.getByLabel("Name").fill(given.name);
	await page.getByLabel("Password", { exact: true }).fill(password);
	await press(page, "Log in");
}

function pm(...args) {
	const r = spawnSync(given.pm, args, { encoding: "utf8" });
	return r.stdout + r.stderr;
}

function sql(text) {
	return pm("db", "--root", given.root, "psql", "--", "-XAtq", "-c", text).trim();
}

function delivered(user) {
	const folder = given.root + "/var/lib/pm/mail/example.org/" + user + "/Maildir/new";
	return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) =>
		fs.readFileSync(path.join(folder, name), "latin1")) : [];
}

// A release from a page waits 30 s for an undo: here that time is over.
async function carryOut(user, want) {
	sql("update pm.job set not_before = now(); notify job");
	for (let i = 0; i < 150 && delivered(user).length < want; i++) {
		await sleep(100);
	}
}

async function firstLogIn(page) {
	await open(page, "/quarantine");
	is(at(page), "/log-in", "a page without a session is the log-in");
	await look(page, "log-in");
	await logIn(page, "wrong-pass-word-here");
	is(at(page), "/log-in", "a wrong password");
	ok(await page.getByRole("alert").isVisible(), "it says so");
	await shot(page, "log-in-wrong");
	await logIn(page, given.password);
	is(at(page), "/password", "the one-time password must be changed");
	await look(page, "password");
	await open(page, "/");
	is(at(page), "/password", "before that there is no other page");
	await page.getByLabel("Password until now").fill(given.password);
	await page.getByLabel("New password", { exact: true }).fill(PASSWORD);
	await page.getByLabel("New password again").fill(PASSWORD + "x");
	await press(page, "Change password");
	is(at(page), "/password", "two that differ are refused");
	await page.getByLabel("Password until now").fill(given.password);
	await page.getByLabel("New password", { exact: true }).fill(PASSWORD);
	await page.getByLabel("New password again").fill(PASSWORD);
	await press(page, "Change password");
	is(at(page), "/", "then the dashboard opens");
	quiet("log-in");
}

async function dashboard(page) {
	await open(page, "/");
	is(await page.locator("h1").innerText(), "Dashboard", "the dashboard");
	const text = await page.locator("main").innerText();
	ok(text.includes(given.hostile.subject.slice(0, 60)), "the newest message is on it", text);
	ok(/Database Server/.test(text) && /Mail Filter/.test(text), "and the roles", text);
	await look(page, "dashboard");
	quiet("dashboard");
}

async function lists(page) {
	await open(page, "/mail");
	ok((await page.locator("main").innerText()).includes(given.hostile.subject.slice(0, 60)),
		"the message log has it");
	await look(page, "mail");
	await open(page, "/reports?name=senders");
	ok((await page.locator("main").innerText()).includes("example.net"), "a report of senders");
	ok(await page.locator("img.pm-picture").evaluate((i) => i.complete && i.naturalWidth > 100),
		"with its picture");
	await look(page, "reports");
	await open(page, "/jobs");
	ok((await page.locator("main").innerText()).includes("pm backup"), "the jobs");
	await look(page, "jobs");
	await open(page, "/requests");
	ok((await page.locator("main").innerText()).includes("No request is open."), "nobody asks");
	await look(page, "requests");
	await open(page, "/quarantine");
	is(await page.locator("tr[data-id]").count(), given.held, "everything held is listed");
	await look(page, "quarantine");
	await page.getByLabel("Words of the subject").fill("wombat");
	await press(page, "Show");
	is(await page.locator("tr[data-id]").count(), 1, "a word of a subject finds one");
	await open(page, "/quarantine?subject=nosuchwordatall");
	ok((await page.locator("main").innerText()).includes("No held message fits."),
		"a word that nobody wrote finds none, and says so");
	await look(page, "quarantine-empty");
	quiet("lists");
}

async function hostile(page) {
	const id = given.mail[given.hostile.subject];
	await open(page, "/message/" + id);
	is((await page.locator("h1").innerText()).trim(), given.hostile.subject,
		"the subject is text, as it was written");
	const number = (text) => Math.round(parseFloat(text.replace("\u2212", "-")) * 1000);
	const cells = await page.locator(".pm-sum tbody tr td:nth-of-type(1)").allInnerTexts();
	const score = await page.locator(".pm-sum tfoot td").first().innerText();
	ok(cells.length > 0, "the checks that spoke");
	is(cells.map(number).reduce((a, b) => a + b, 0), number(score), "their weights are the score");
	ok(/^Quarantined as Spam for both recipients/.test(
		await page.locator(".pm-verdict").first().innerText()), "one sentence says what and why");
	await look(page, "message");
	await Promise.all([page.waitForNavigation(), page.getByRole("link", { name: "Preview" }).click()]);
	is(at(page), "/quarantine/" + id + "/preview", "the preview");
	const text = await page.locator("main").innerText();
	for (const word of given.hostile.shown) {
		ok(text.includes(word), "the preview shows: " + word, text);
	}
	await page.locator("details summary", { hasText: "Headers as they came" }).click();
	await look(page, "preview");
	await sleep(300);
	quiet("a hostile message");
}

async function twoClicks(context, page) {
	const id = given.mail[given.hostile.subject];
	const other = watch(await context.newPage());
	await open(page, "/message/" + id);
	await open(other, "/message/" + id);
	await Promise.all([press(page, "Deliver"), press(other, "Deliver")]);
	const said = (await page.locator("main").innerText()) + (await other.locator("main").innerText());
	ok(/It will be delivered in 30 seconds\./.test(said), "released", said);
	await shot(page, "message-released");
	await carryOut("alice", 1);
	await carryOut("bob", 1);
	await sleep(1000);
	const mail = delivered("alice");
	is(mail.length, 1, "two clicks at once: alice has it once");
	is(delivered("bob").length, 1, "and bob");
	ok((mail[0] || "").includes(given.hostile.mark), "it is that message");
	is(sql("select count(*) from pm.job where message = '" + id + "'"), "1", "one order in all");
	await other.close();
	quiet("release");
}

async function deleteAndRestore(page) {
	const id = given.mail["wombat sale"];
	const row = page.locator("tr[data-id=\"" + id + "\"]");
	await open(page, "/quarantine");
	await row.locator("input[type=checkbox]").check();
	is(await page.locator("#checked").innerText(), "1 message is checked.", "how many are checked");
	await press(page, "Delete");
	is(await row.count(), 0, "deleted: gone from the list");
	ok((await page.getByRole("status").innerText()).startsWith("1 message was deleted."), "it says so");
	await shot(page, "quarantine-deleted");
	await press(page, "Undo");
	is(await row.count(), 1, "undo: it is there again");
	await open(page, "/message/" + id);
	await press(page, "Delete");
	ok(await page.getByRole("button", { name: "Restore" }).isVisible(), "deleted on its own page");
	await press(page, "Restore");
	ok(await page.getByRole("button", { name: "Delete", exact: true }).isVisible(), "and restored");
	quiet("delete and restore");
}

// Rows as no filter of ours writes them: fragments in every text, a megabyte
// of subject, ten thousand recipients, dates at both ends of the calendar.
const FRAGMENT = "</textarea></pre>\"'><script>window.pwned=1</script>" +
	"<img src=x onerror=window.pwned=1>'; drop table pm.message; --";

function spoil() {
	// The index of subjects tells that it leaves so long a word out.
	const calm = "set client_min_messages = warning; ";
	const bad = "$bad$" + FRAGMENT + "$bad$";
	const all = (...names) => names.map((name) => name + " = " + bad).join(", ");
	const wombat = "id = '" + given.mail["wombat sale"] + "'";
	return sql(calm + "update pm.message set subject = " + bad + " || repeat('x', 1000000), " +
		"received = '99999-12-31', " + all("appliance", "relay_name", "helo", "sender", "queue_id",
		"header_from", "message_id", "outcome") + " where subject = 'hello'; " +
		"update pm.message set received = '0001-01-01 BC', " + all("subject", "header_from", "sender") +
		" where " + wombat + "; update pm.quarantine set received = '0001-01-01 BC', " +
		"subject = " + bad + " || repeat('x', 1000000), " +
		all("appliance", "sender", "header_from", "reason") + " where " + wombat + "; " +
		"insert into pm.quarantine_rcpt (class, id, n, rcpt, address, reason, state) " +
		"select class, id, i, " + bad + " || i, 'x', " + bad + ", 'held' from pm.quarantine, " +
		"generate_series(100, 10098) i where " + wombat + "; " +
		"insert into pm.message_event (id, key, at, who, what, detail) select id, " +
		"gen_random_uuid(), '99999-12-31', " + [bad, bad, bad].join(", ") +
		" from pm.message where " + wombat + "; insert into pm.quarantine_request (message, rcpt, " +
		"asked_by, note) select id, " + [bad, bad, bad].join(", ") + " from pm.message where " + wombat);
}

async function rows(page) {
	const hello = sql("select id from pm.message where subject = 'hello'");
	is(spoil(), "", "rows with fragments, a long subject, far dates");
	for (const where of ["/", "/mail", "/reports?name=senders", "/requests",
		"/quarantine", "/message/" + given.mail["wombat sale"],
		"/message/" + hello]) {
		const answer = await page.goto(given.url + where, { waitUntil: "load" });
		const name = "spoilt rows, " + where.replace(/[0-9a-f-]{36}/, "ID");
		is(answer.status(), 200, name);
		is(await foreign(page), "", name + ": only our own elements");
		// The message's own page has its facts from its record.
		if (!where.endsWith(hello)) {
			ok((await page.locator("main").innerText()).includes("<script>window.pwned=1"),
				name + ": shown as text");
		}
		await page.setViewportSize({ width: 360, height: 740 });
		is(await page.evaluate(() => {
			document.scrollingElement.scrollLeft = 1000;
			return document.scrollingElement.scrollLeft;
		}), 0, name + ": no scroll bar sideways at 360 px");
		await page.setViewportSize({ width: 1280, height: 800 });
		await shot(page, "spoilt" + where.replace(/\W+/g, "-").slice(0, 20));
	}
	await open(page, "/quarantine?subject=nosuchword&sender=" + encodeURIComponent(FRAGMENT));
	is(await foreign(page), "", "a filter with fragments: only our own elements");
	is(await page.getByLabel("Sender").inputValue(), FRAGMENT, "it stands in its field");
	quiet("spoilt rows");
}

// What finds foreign things must find them where they are.
async function bait(context) {
	const page = await context.newPage();
	await page.route("**", (r) => r.abort());
	await page.setContent("<img src=x><iframe></iframe><a href=\"javascript:0\" onclick=\"0\">x</a>" +
		"<script>window.pwned=1</script><form action=\"https://evil.test/\"></form>");
	is(await foreign(page), "<img> img[src=x] <iframe> a[href=javascript:0] a[onclick] a script " +
		"form[action=https://evil.test/] a script of the mail ran", "foreign elements are found");
	await page.close();
}

// No mouse: Tab reaches the link into the content, keys move and act.
async function keyboard(page) {
	await open(page, "/quarantine");
	await page.keyboard.press("Tab");
	is(await page.evaluate(() => document.activeElement.textContent), "Skip to the content",
		"the first Tab skips the menu");
	await page.keyboard.press("Enter");
	await page.keyboard.press("j");
	await page.keyboard.press("j");
	await page.keyboard.press("k");
	const first = await page.locator("tr[data-id]").first().getAttribute("data-id");
	is(await page.evaluate(() => document.activeElement.getAttribute("href")), "/message/" + first,
		"J and K move through the list");
	const ring = await page.evaluate(() => {
		const s = getComputedStyle(document.activeElement);
		return s.outlineStyle !== "none" || s.boxShadow !== "none";
	});
	ok(ring, "what has the focus is seen");
	await page.keyboard.press("?");
	ok(await page.locator("#keys").isVisible(), "? tells the keys");
	await look(page, "keys");
	await page.keyboard.press("Escape");
	ok(!await page.locator("#keys").isVisible(), "Escape closes it");
	await page.keyboard.press("k");
	await Promise.all([page.waitForNavigation(), page.keyboard.press("p")]);
	is(at(page), "/quarantine/" + first + "/preview", "P previews");
	await Promise.all([page.waitForNavigation(), page.keyboard.press("x")]);
	is(at(page), "/quarantine", "X deletes");
	await Promise.all([page.waitForNavigation(), page.keyboard.press("u")]);
	is(await page.locator("tr[data-id=\"" + first + "\"]").count(), 1, "U undoes it");
	await page.keyboard.press("/");
	await page.keyboard.type(first);
	await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
	is(at(page), "/message/" + first, "/ and an id find the message");
	quiet("keyboard");
}

// What the mail server's log says: by queue id, by relay, refused ones.
async function tracking(page) {
	const hello = sql("select id from pm.message where subject = 'hello'");
	const queue = sql("select queue_id from pm.message where subject = 'hello'");
	await open(page, "/search?q=" + queue);
	is(at(page), "/message/" + hello, "a queue id finds the message");
	const story = await page.locator("ol.pm-story").innerText();
	ok(/127\.0\.0\.1\] connected[^]*under queue id[^]*Judged[^]*Delivered to dora@example\.org/.test(
		story), "from the first connection to the last delivery");
	ok(/Delivered to dora@example\.org/.test(await page.locator("p.pm-verdict").last().innerText()),
		"what became of it stands above");
	ok((await page.locator("details li code").allTextContents()).some((l) => /status=sent/.test(l)),
		"with the lines of the log");
	await open(page, "/search?q=127.0.0.1");
	is(at(page), "/mail", "an address is a relay's");
	ok(await page.locator("tr[data-id=\"" + hello + "\"]").count() === 1, "with its mail");
	const refused = await page.locator("table", { hasText: "What it was told" }).innerText();
	ok(/far@elsewhere\.test/.test(refused) && /554 5\.7\.1/.test(refused),
		"and what was refused before there was a message");
	await look(page, "tracking");
	await open(page, "/mail?relay=1.2.3.999");
	ok(/The relay is an address/.test(await page.locator("main").innerText()), "no address");
	quiet("tracking");
}

async function errors(page) {
	await open(page, "/message/00000000-0000-7000-8000-000000000000");
	ok(/There is no message with this id\./.test(await page.locator("main").innerText()),
		"an id that nobody has");
	await open(page, "/nosuchpage%3Cscript%3E");
	await look(page, "error");
	quiet("errors");
}

async function logOut(context, page) {
	const before = await context.cookies();
	await open(page, "/");
	await page.locator(".pm-user summary").click();
	await press(page, "Log out");
	is(at(page), "/log-in", "logged out");
	await context.addCookies(before);
	await open(page, "/quarantine");
	is(at(page), "/log-in", "the old cookie opens nothing");
	await logIn(page, given.password);
	is(at(page), "/log-in", "the one-time password is used up");
	quiet("log-out");
}

async function withoutScript(browser) {
	const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
	const page = watch(await context.newPage());
	const id = given.mail["koala sale"];
	await open(page, "/quarantine");
	await logIn(page, PASSWORD);
	is(at(page), "/quarantine", "without JavaScript: log-in leads to what was wanted");
	await shot(page, "quarantine-no-script");
	await page.locator("tr[data-id=\"" + id + "\"] input[type=checkbox]").check();
	await press(page, "Deliver");
	ok(/^1 message will be delivered in 30 seconds\./.test(
		await page.getByRole("status").innerText()), "delivered");
	await carryOut("carl", 1);
	is(delivered("carl").length, 1, "it is in the Maildir");
	await page.locator(".pm-user summary").click();
	await press(page, "Log out");
	is(at(page), "/log-in", "logged out");
	await context.close();
	quiet("without JavaScript");
}

async function main() {
	const browser = await chromium.launch({ executablePath: given.chromium,
		args: ["--no-sandbox", "--disable-dev-shm-usage"] });
	try {
		const context = await browser.newContext({ ignoreHTTPSErrors: true,
			viewport: { width: 1280, height: 800 }, timezoneId: "Europe/Vienna",
			// Colours that still change are none that axe could judge.
			reducedMotion: "reduce" });
		context.setDefaultTimeout(15000);
		const page = watch(await context.newPage());
		await bait(context);
		await firstLogIn(page);
		await dashboard(page);
		await lists(page);
		await hostile(page);
		await twoClicks(context, page);
		await deleteAndRestore(page);
		await keyboard(page);
		await tracking(page);
		await rows(page);
		await errors(page);
		await logOut(context, page);
		await withoutScript(browser);
	} finally {
		await browser.close();
	}
	console.log("1.." + n);
}

main().catch((e) => {
	ok(false, "the whole walk", e.stack);
	console.log("1.." + n);
	process.exitCode = 1;
});
