std = "lua54"
max_line_length = 100
unused_args = false -- a rule takes what it is given

-- What `pm policy words` lists as functions.
local policy = { "policy", "list_empty", "dns_lists", "blocking_lists", "deliver", "quarantine", "reject",
	"tempfail", "discard", "delay", "redirect", "regex", "option", "clock", "expand", "map" }
files["lua/policy"] = { read_globals = policy }
files["lua/library"] = { read_globals = policy }
files["tests/lua"] = { read_globals = policy }

-- What pages may call: lua/web's own words (applets/lib/web/pages.h) and what
-- the roles add (applets/csm/functions.h, applets/enduser/web.c).
files["lua/web"] = { read_globals = { "page", "use", "query", "render", "go", "fail", "file",
	"can", "urlquery", "version", "size", "count", "percent", "stamp", "moment", "exact",
	"day", "day_ms", "cut", "held_list", "held_get", "message", "release", "forget",
	"groups", "group_terms", "report", "report_file", "report_names",
	"restore", "forward", "new_key", "draft", "preview", "source", "log_in", "set_password", "log_out",
	"status", "alarms", "jobs", "job_run", "job_enable", "link",
	"requests", "requests_open", "request_answer" } }
