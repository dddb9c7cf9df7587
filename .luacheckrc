std = "lua54"
max_line_length = 100
unused_args = false -- a rule takes what it is given
files["lua/policy"] = { read_globals = { "policy", "deliver", "quarantine",
	"reject", "tempfail", "discard", "delay", "redirect", "map", "list_empty" } }
files["tests/lua"] = { read_globals = { "policy", "deliver", "quarantine",
	"reject", "tempfail", "discard", "delay", "redirect", "map", "list_empty" } }
