-- executables: withholds programs and scripts, those in archives, too
--
-- Looks at what every file is by its content, at the files in archives and
-- disk images, and at the end of each name: a program under the name
-- invoice.pdf is found, and so is an empty file named run.exe.
--
-- Lists: none
-- Templates: none
-- Options:
--	executables = quarantine	what is done: quarantine, reject

local action = option("executables", "quarantine")

-- Names that Windows runs, whatever is in the file.
local names = {}
for name in ("exe com scr pif cpl bat cmd ps1 vbs vbe js jse wsf wsh hta " ..
	"msi msp lnk reg inf jar chm url scf dll"):gmatch("%a[%a%d]*") do
	names[name] = true
end

local external = policy("executables", function(s) return s.relay.external end)

external:rule("programs and scripts", function(m, rcpt, plan)
	if m.virus.found then return end -- the default policy's
	for _, f in ipairs(m.files) do
		if f.kind == "program" or f.kind == "script" or
			names[f.extension] then
			plan:mark("executable", f.path)
			if action == "reject" then
				return reject("5.7.1", "programs are not accepted here")
			end
			return quarantine("Suspect")
		end
	end
end)
