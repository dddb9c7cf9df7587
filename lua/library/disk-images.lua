-- disk-images: withholds disk images (ISO, IMG, VHD), where programs hide
--
-- Windows opens them with a double click, and what is in them does not carry
-- the mark of the web. By default only images with a program or script in
-- them, or that nobody could look into, are withheld.
--
-- Lists: none
-- Templates: none
-- Options:
--	disk_images_all = no		yes: every disk image

local all = option("disk_images_all", false)

local images = { iso = true, udf = true, vhd = true, vhdx = true,
	vmdk = true, qcow2 = true, wim = true, dmg = true }
local names = { iso = true, img = true, vhd = true, vhdx = true }

local external = policy("disk images", function(s) return s.relay.external end)

external:rule("disk images", function(m, rcpt, plan)
	if m.virus.found then return end -- the default policy's
	local inside -- where the files of the last image are
	for _, f in ipairs(m.files) do
		if f.type ~= "" then inside = nil end -- the next attachment
		if images[f.true_type] or names[f.extension] then
			inside = f.type ~= "" and "" or f.path .. "/"
			if all or f.later or f.encrypted then
				plan:mark("disk-image", f.path)
				return quarantine("Suspect")
			end
		elseif inside and f.path:sub(1, #inside) == inside and
			(f.kind == "program" or f.kind == "script") then
			plan:mark("disk-image", f.path)
			return quarantine("Suspect")
		end
	end
end)
