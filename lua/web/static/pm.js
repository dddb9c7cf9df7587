// What pages gain from a script: local times and keys. All works without.
"use strict";

(function () {
	document.documentElement.classList.add("js");

	const DAY = 86400000;
	const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

	function dayOf(date) {
		return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
	}

	// "14:02", "yesterday 23:10", "12 Nov 14:02", "12 Nov 2025"
	function moment(date) {
		const time = date.toLocaleTimeString([], clock);
		const days = Math.round((dayOf(new Date()) - dayOf(date)) / DAY);
		if (days === 0) {
			return time;
		} else if (days === 1) {
			return "yesterday " + time;
		} else if (Math.abs(days) < 300) {
			return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" }) + " " + time;
		}
		return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
	}

	for (const t of document.querySelectorAll("time[datetime]")) {
		const date = new Date(t.dateTime);
		if (!isNaN(date)) {
			t.textContent = moment(date);
			t.title = date.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "long" });
		}
	}
	for (const t of document.querySelectorAll("[data-hour]")) {
		t.textContent = new Date(t.dataset.hour).toLocaleTimeString([], clock);
	}
	for (const z of document.querySelectorAll(".pm-zone")) {
		z.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone || "local";
	}

	// "Today", "Yesterday", "21 Nov 2026"
	function dayName(date) {
		const days = Math.round((dayOf(new Date()) - dayOf(date)) / DAY);
		return days === 0 ? "Today" : days === 1 ? "Yesterday" :
			date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
	}

	// The server's days are UTC's: the viewer's begin elsewhere.
	const heading = document.querySelector("tr.day");
	if (heading) {
		for (const old of document.querySelectorAll("tr.day")) {
			old.remove();
		}
		let last = "";
		for (const row of document.querySelectorAll("tr[data-id]")) {
			const name = dayName(new Date(row.querySelector("time").dateTime));
			if (name !== last) {
				const here = heading.cloneNode(true);
				here.firstElementChild.textContent = name;
				row.before(here);
				last = name;
			}
		}
	}

	// The list: rows, the one at hand, and what is checked.
	const rows = Array.from(document.querySelectorAll("tr[data-id]"));
	const list = document.getElementById("list");
	let at = -1;

	function box(row) {
		return row && row.querySelector("input[type=checkbox]");
	}

	function checked() {
		return rows.filter(function (row) { return box(row) && box(row).checked; });
	}

	function tell() {
		const told = document.getElementById("checked");
		const n = checked().length;
		if (told) {
			told.textContent = n === 0 ? "Check messages on the left." :
				n === 1 ? "1 message is checked." : n + " messages are checked.";
		}
	}

	function move(step) {
		if (rows.length === 0) {
			return;
		}
		if (at >= 0) {
			rows[at].classList.remove("at");
		}
		at = Math.min(Math.max(at + step, 0), rows.length - 1);
		rows[at].classList.add("at");
		rows[at].scrollIntoView({ block: "nearest" });
		const link = rows[at].querySelector("a.open");
		if (link) {
			link.focus({ preventScroll: true });
		}
	}

	// One box at the head of the list checks all.
	const head = document.querySelector("#list th.mark");
	if (head) {
		const all = document.createElement("input");
		all.type = "checkbox";
		all.setAttribute("aria-label", "Check all on this page");
		all.addEventListener("change", function () {
			for (const row of rows) {
				box(row).checked = all.checked;
			}
			tell();
		});
		head.replaceChildren(all);
		list.addEventListener("change", tell);
		tell();
	}

	// A key presses the button that has it; in a list for the row at hand.
	function press(key) {
		const button = document.querySelector("[data-key=\"" + key + "\"]");
		if (!button) {
			return false;
		}
		if (list && list.contains(button) && checked().length === 0) {
			if (at < 0) {
				return false;
			}
			box(rows[at]).checked = true;
			tell();
		}
		button.click();
		return true;
	}

	function open(what) {
		const row = rows[at];
		if (row && what === "preview" && row.dataset.preview) {
			location.href = row.dataset.preview;
			return true;
		}
		return false;
	}

	const keys = {
		"/": function () { const q = document.getElementById("q"); if (q) { q.focus(); q.select(); } return true; },
		"?": function () { const d = document.getElementById("keys"); if (d) { d.showModal(); } return true; },
		j: function () { move(1); return true; },
		k: function () { move(-1); return true; },
		" ": function () {
			if (at < 0 || !box(rows[at])) {
				return false;
			}
			box(rows[at]).checked = !box(rows[at]).checked;
			tell();
			return true;
		},
		p: function () { return open("preview") || press("p"); },
		d: function () { return press("d"); },
		a: function () { return press("a"); },
		x: function () { return press("x"); },
		u: function () { return press("u"); },
	};

	// WCAG 2.1.4: keys of one letter can be turned off; ? turns them on again.
	const off = document.getElementById("keys-off");

	function keysAreOff() {
		return localStorage.getItem("pm-keys") === "off";
	}

	function tellKeys() {
		off.textContent = keysAreOff() ? "Turn keys on" : "Turn keys off";
		for (const help of document.querySelectorAll(".pm-keyhelp")) {
			help.hidden = keysAreOff();
		}
	}

	if (off) {
		off.addEventListener("click", function () {
			localStorage.setItem("pm-keys", keysAreOff() ? "on" : "off");
			tellKeys();
		});
		tellKeys();
	}

	document.addEventListener("keydown", function (event) {
		const target = event.target;
		if (event.ctrlKey || event.altKey || event.metaKey || event.repeat ||
			(target.matches && target.matches("input:not([type=checkbox]), select, textarea, dialog *"))) {
			return;
		}
		if (event.key === " " && target.matches && target.matches("button, summary, input")) {
			return;
		}
		if (keysAreOff() && event.key !== "?") {
			return;
		}
		const key = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
		if (key && key()) {
			event.preventDefault();
		}
	});
}());
