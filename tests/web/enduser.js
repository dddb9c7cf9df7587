// What a person does with a digest's links in a real browser, on a telephone
// and in the dark, too. The first argument is a JSON file: shots, pages.
"use strict";

const fs = require("fs");
const path = require("path");
const { chromium } = require("playwright-core");

const given = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const origin = new URL(given.pages.release).origin;
let n = 0;

function ok(good, name, seen) {
	n++;
	console.log((good ? "ok " : "not ok ") + n + " - " + name);
	if (!good && seen !== undefined) {
		console.log(("came: " + String(seen)).replace(/^/gm, "# "));
	}
}

async function look(page, name) {
	for (const colorScheme of ["light", "dark"]) {
		await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		await page.evaluate(axe);
		const found = await page.evaluate(async () => (await window.axe.run(document,
			{ resultTypes: ["violations"] })).violations
			.filter((v) => v.impact === "serious" || v.impact === "critical")
			.map((v) => v.id + ": " + v.nodes.map((x) => x.html).join(" ")));
		ok(found.length === 0, name + ", " + colorScheme + ": axe finds nothing", found.join("\n"));
		if (given.shots) {
			await page.screenshot({ fullPage: true,
				path: path.join(given.shots, "enduser-" + name + "-" + colorScheme + ".png") });
		}
	}
	const wide = await page.evaluate(() => document.documentElement.scrollWidth -
		window.innerWidth);
	ok(wide <= 0, name + ": no scroll bar sideways", wide);
}

async function main() {
	const browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
		args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
	const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true,
		viewport: { width: 360, height: 740 } });
	const page = await context.newPage();
	const wrongs = [];

	page.on("request", (r) => r.url().startsWith(origin + "/") || wrongs.push(r.url()));
	page.on("pageerror", (e) => wrongs.push(e.message));
	page.on("dialog", (d) => { wrongs.push("a dialog"); d.dismiss(); });

	await page.goto(given.pages.release);
	ok(await page.locator("button").count() === 1, "one button");
	ok(await page.locator("main a").count() === 0, "nowhere else to go");
	ok(/<script>alert/.test(await page.locator("main").innerText()), "the subject is text");
	ok(await page.locator("html").getAttribute("lang") === "de", "in German");
	const box = await page.locator("button").boundingBox();
	ok(box.height >= 44 && box.width >= 44, "the button is large enough for a finger",
		JSON.stringify(box));
	await look(page, "open");
	await page.reload();
	ok(await page.locator("button").innerText() === "Zustellen", "loaded again, it still asks");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "Unterwegs" }).waitFor();
	ok(await page.locator("button").count() === 0, "the keyboard did it");
	await look(page, "done");
	await page.goto(given.pages.release);
	ok(/schon geschehen/.test(await page.locator("h1").innerText()), "once");

	await page.goto(given.pages.off);
	await page.getByRole("button", { name: "Stop these digests" }).click();
	await page.getByRole("button", { name: "Get these digests again" }).click();
	await page.getByRole("heading", { name: "Digests again" }).waitFor();
	ok(true, "off and on");
	await page.goto(given.pages.late);
	ok(/too old/.test(await page.locator("h1").innerText()), "a late link");
	await look(page, "late");

	ok((await context.cookies()).length === 0, "no cookie");
	ok(wrongs.length === 0, "nothing ran, nothing left", wrongs.join("\n"));
	await browser.close();
	ok(true, "all was seen");
}

main().catch((e) => {
	ok(false, "it went on", e.stack);
	process.exitCode = 1;
});
