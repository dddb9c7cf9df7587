-- Pills and bodies.
return {
	group = "health", cap = 4500,
	about = "medicine and what grows or shrinks",
	{ "DRUG_NAMES", 400, text = [[
		\b(?:viagra|cialis|levitra|sildenafil|tadalafil|vardenafil|
		kamagra|xanax|valium|alprazolam|diazepam|vicodin|
		hydrocodone|oxycontin|percocet|ambien|phentermine|adipex|
		meridia|xenical|propecia|tramadol|soma|fioricet|zolpidem|
		ativan|klonopin|modafinil|ozempic|wegovy|semaglutide|clomid|
		zithromax|prednisone)\b
		]],
		about = "names of medicines that are sold by mail" },
	{ "DRUG_MANY", 1800, text = { [[\bviagra\b]], [[\bcialis\b]],
		[[\blevitra\b]], [[\bxanax\b]], [[\bvalium\b]],
		[[\bambien\b]], [[\bphentermine\b]], [[\btramadol\b]],
		[[\bsoma\b]], [[\bpropecia\b]], [[\bvicodin\b]],
		[[\bkamagra\b]] }, least = 3,
		about = "a list of medicines" },
	{ "DRUG_SHOP", 1500, text = [[
		\b(?:online|canadian|internet|discount|cheap|generic|
		licensed|trusted) (?:\w+ )?(?:pharmacy|drug ?store|pharma|
		meds|medications?|pills|drugs)\b
		]],
		about = "a pharmacy on the net" },
	{ "DRUG_NO_RX", 1600, text = [[
		\b(?:no|without(?: a| any)?) (?:prior |doctor'?s? |
		medical )?(?:prescriptions?|rx)\b|\bno doctor\b|
		\bprescription (?:not|is not) (?:required|needed)\b
		]],
		about = "no prescription wanted" },
	{ "DRUG_PRICE", 1200, text = [[
		\b(?:pills?|tabs?|tablets?|mg|dose)
		\b ?[x@:=-]{0,2} ?.{0,20}[$€£] ?[0-9]+[.,][0-9]{2}
		]],
		about = "prices of pills" },
	{ "BODY_ENLARGE", 450, text = [[
		\b(?:penis|manhood|dick|cock|breast|bust|girth)\b.{0,60}\b
		(?:enlarg\w+|enhanc\w+|bigger|larger|grow\w*|increase|
		longer|thicker|extend\w*|augment)|\b(?:enlarg\w+|enhanc\w+|
		add|gain|bigger|longer|thicker)\b.{0,40}\b(?:penis|manhood|
		dick|cock|breasts?|inches|in length)\b
		]],
		about = "something is to grow" },
	{ "BODY_POTENCY", 1400, text = [[
		\b(?:erectile|erections?|impoten\w+|libido|sexual (?:performance|
		health|desire|life|stamina|power|drive)|satisfy (?:her|your|
		every) ?(?:\w+)?|better sex|sex drive|great sex)\b.{0,200}\b
		(?:pill|order|try|buy|natural|results?|formula|safe|click|
		now|guarantee|supplement|product|doctor|cheap|offer)
		]],
		about = "potency" },
	{ "BODY_WEIGHT", 1200, text = [[
		\b(?:lose|losing|shed|drop|burn|melt)\b.{0,40}\b(?:weight|
		pounds?|lbs|kilos?|kg|belly fat|fat|inches)\b.{0,200}\b
		(?:fast|quick|weeks?|days?|without|diet|pill|natural|
		guarantee|easy|secret|doctor|trick|supplement|free|click|
		results?|overnight)|\bweight loss\b.{0,100}\b(?:pill|secret|
		breakthrough|miracle|product|supplement|program|free|fast|
		patch|gumm)
		]],
		about = "weight to lose" },
	{ "BODY_MIRACLE", 900, text = [[
		\b(?:miracle|breakthrough|secret|weird|simple|one|ancient|
		strange|doctors? hate|big pharma|shocking|bizarre) ?
		(?:\w+ )?(?:trick|cure|remedy|formula|ritual|hack|discovery|
		recipe|fix|food|method|tonic)\b.{0,200}\b(?:blood sugar|
		diabetes|blood pressure|vision|hearing|tinnitus|memory|
		joint|pain|neuropathy|prostate|weight|fat|toenail|fungus|
		aging|skin|hair|sleep|brain|gum|teeth|sciatica|thyroid)
		]],
		about = "a miracle" },
	{ "BODY_HGH", 1200, text = [[
		\b(?:hgh|human growth hormone|anti-?aging|look younger|
		turn back the clock|keto (?:diet|gumm\w+|pills?|burn)|cbd (?:oil|
		gumm\w+)|hoodia|acai|garcinia|green coffee|
		testosterone booster|ephedra|colon cleanse|detox)\b
		]],
		about = "youth by mail" },
	{ "BODY_HAIR", 700, text = [[
		\b(?:hair (?:loss|regrowth|restoration)|regrow (?:your )?hair|
		baldness|going bald)\b
		]],
		about = "hair" },
	{ "BODY_PAIN", 500, text = [[
		\b(?:knee|back|joint|nerve|foot) (?:pain|brace|sleeve)
		s?\b.{0,160}\b(?:relief|free|cure|medicare|no cost|covered|
		gone|end|stop|discover)
		]],
		about = "pain" },
	{ "PILL_LINK", 900, all = { "DRUG_NAMES" }, any = { "DRUG_SHOP",
		"DRUG_PRICE", "DRUG_NO_RX", "MONEY_GUARANTEE",
		"MONEY_EXPIRES", "LINK_CHEAP_TLD" },
		about = "a medicine for sale" },
}
