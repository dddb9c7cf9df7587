std = "lua54"
max_line_length = 100
files["lua/policy"] = { read_globals = { "policy", "deliver", "quarantine",
	"reject", "tempfail", "discard", "delay", "redirect", "map" } }
files["tests/lua"] = { read_globals = { "policy", "deliver", "quarantine",
	"reject", "tempfail", "discard", "delay", "redirect", "map" } }
