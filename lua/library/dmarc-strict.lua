-- dmarc-strict: does what the owner of a forged domain asks for
--
-- Mail that fails DMARC is refused or withheld as the domain's own policy
-- says, at once and without weighing. Forwarders and mailing lists break DMARC:
-- the domains of those that seal (ARC) can be named in an option, others by
-- their address on the list trusted-relays.
--
-- Lists: trusted-relays
-- Templates: none
-- Options:
--	trusted_sealers = DOMAIN DOMAIN ...

local sealers = {}
for domain in option("trusted_sealers", ""):gmatch("%S+") do
	sealers[domain:lower()] = true
end

local external = policy("DMARC", function(s) return s.relay.external end)

local function is_vouched_for(m)
	return m:listed("trusted-relays") or (m.auth.arc.result == "pass" and
		sealers[m.auth.arc.domain:lower()])
end

external:rule("as the domain asks", function(m, rcpt, plan)
	local dmarc = m.auth.dmarc
	if dmarc.result ~= "fail" or is_vouched_for(m) then return end
	if dmarc.policy == "reject" then
		return reject("5.7.1", "DMARC of " .. dmarc.domain .. " says no")
	end
	if dmarc.policy == "quarantine" then return quarantine("Suspect") end
	plan:mark("dmarc", dmarc.domain)
end)
