-- The same in French, Spanish, Portuguese, Italian and Dutch.
return {
	group = "other languages", cap = 5000,
	about = "words of spam and phishing in other languages",
	{ "FR_ACCOUNT", 1300, text = [[
		\bvotre .{0,24}(?:compte|carte|acc.{1,2}s|abonnement|
		bo.{1,2}te|messagerie|espace client|profil|carte vitale)
		\b .{0,80}(?:suspendu|bloqu|limit|d.{1,2}sactiv|restreint|
		expir|mis.? .{1,2} jour|v.{1,2}rifi|confirm|renouvel)
		]],
		about = "un compte en danger" },
	{ "FR_VERIFY", 1000, text = [[
		\b(?:confirm|v.{1,2}rifi|mettre .{1,2} jour|valid|actualis)
		\w* .{0,32}(?:vos|votre|ses) .{0,24}(?:informations?|compte|
		identit.{1,2}|donn.{1,2}es|coordonn.{1,2}es|paiement|carte|
		adresse)
		]],
		about = "des données à confirmer" },
	{ "FR_PARCEL", 1200, text = [[
		\b(?:colis|livraison|votre commande)\b .{0,96}(?:frais|
		en attente|n'a pas pu|pas .{1,2}t.{1,2} livr|douane|
		instructions|adresse|payer|suspendu|bloqu)
		]],
		about = "un colis qui attend" },
	{ "FR_FEE", 1400, text = [[
		\b(?:héritage|bénéficiaire|donation|veuve|défunt|succession)
		\b .{0,160}(?:millions?|euros?|dollars?|€|\$|banque|
		confiance|canc)
		]],
		about = "un héritage" },
	{ "FR_REFUND", 1200, text = [[
		\b(?:remboursement|ameli|imp.{1,2}ts|assurance maladie|caf|
		antai|amende|contravention|cpf|crit'?air)\b .{0,160}
		(?:formulaire|cliqu|r.{1,2}gler|montant|acc.{1,2}d|droit|
		compte|payer|confirm|€)
		]],
		about = "un remboursement" },
	{ "FR_LOAN", 1100, text = [[
		\b(?:prêts?|crédit|financement)\b .{0,120}(?:taux|
		particulier|int.{1,2}r.{1,2}t|rapide|urgent|s.{1,2}rieux|
		sans frais|offre)
		]],
		about = "un prêt" },
	{ "ES_ACCOUNT", 1300, text = [[
		\bsu .{0,24}(?:cuenta|tarjeta|acceso|buz.{1,2}n|correo|
		contrase.{1,2}a|usuario|clave)\b .{0,80}(?:suspendid|
		bloquead|limitad|desactivad|restringid|expir|cadu|verific|
		actualiz|confirm|vencer)
		]],
		about = "una cuenta en peligro" },
	{ "ES_VERIFY", 1000, text = [[
		\b(?:confirm|verific|actualic|actualiz|valid)\w* .{0,32}
		(?:sus|su|tus|tu) .{0,24}(?:datos|cuenta|identidad|
		informaci.{1,2}n|tarjeta|contrase.{1,2}a)
		]],
		about = "datos por confirmar" },
	{ "ES_PARCEL", 1200, text = [[
		\b(?:paquete|env.{1,2}o|pedido|entrega)\b .{0,96}
		(?:pendiente|no (?:se )?(?:pudo|ha podido)|retenido|aduana|
		tasas?|gastos|direcci.{1,2}n|pagar|pago|reprogram)
		]],
		about = "un paquete que espera" },
	{ "ES_FEE", 1400, text = [[
		\b(?:herencia|beneficiari[oa]|donaci.{1,2}n|viuda|
		fallecid[oa]|fondos|loter.{1,2}a|premio|ganador)\b .{0,160}
		(?:millon(?:es)?|d.{1,2}lares|euros|€|\$|banco|reclamar|
		boleto)
		]],
		about = "una herencia o un premio" },
	{ "ES_LOAN", 1100, text = [[
		\b(?:pr.{1,2}stamos?|cr.{1,2}ditos?|financiaci.{1,2}n)
		\b .{0,120}(?:inter.{1,2}s|r.{1,2}pido|urgente|personal|
		solicit|oferta|sin (?:aval|garant))
		]],
		about = "un préstamo" },
	{ "ES_FINE", 400, text = [[
		\b(?:multa|dgt|agencia tributaria|hacienda|factura
		(?: electr.{1,2}nica)?|comprobante|citaci.{1,2}n|denuncia|
		requerimiento|burofax)\b .{0,160}(?:descarg|adjunt|
		pendiente|pagar|consult|ver|clic|enlace|pdf)
		]],
		about = "una multa o una factura" },
	{ "PT_ACCOUNT", 1300, text = [[
		\b(?:sua|seu) .{0,24}(?:conta|cart.{1,2}o|acesso|cadastro|
		senha|dispositivo|token|internet banking|e-?mail|chave)
		\b .{0,80}(?:suspens|bloque|limitad|desativad|expir|atualiz|
		confirm|valida|cancelad|irregular|pontos)
		]],
		about = "uma conta em perigo" },
	{ "PT_BILL", 1200, text = [[
		\b(?:boleto|nota fiscal|nf-?e|fatura|comprovante|intima..o|
		protesto|d.{1,2}bito|cobran.a|pix|serasa|detran|
		receita federal|or.amento|pedido de compra)\b .{0,160}
		(?:anexo|clique|visualizar|baixar|vencid|segue|pendente|
		em aberto|download|abaixo|link)
		]],
		about = "uma conta por pagar" },
	{ "PT_POINTS", 1300, text = [[
		\b(?:pontos|milhas|livelo|smiles|cashback|resgate|
		premiad[oa])\b .{0,120}(?:expira|resgat|venc|clique|
		acumulad|dispon.{1,2}ve|troque|hoje)
		]],
		about = "pontos que vencem" },
	{ "IT_ACCOUNT", 1300, text = [[
		\b(?:il suo|la sua|tuo|tua|vostro) .{0,24}(?:conto|carta|
		accesso|account|utenza|casella|profilo|postepay|spid|app)
		\b .{0,80}(?:sospes|bloccat|limitat|disattivat|scad|verific|
		aggiorn|conferm)
		]],
		about = "un conto in pericolo" },
	{ "IT_VERIFY", 1000, text = [[
		\b(?:conferm|verific|aggiorn|convalid)\w* .{0,32}(?:i suoi|
		i tuoi|il suo|la sua|il tuo|i vostri) .{0,24}(?:dati|conto|
		identit|informazioni|carta|accesso)
		]],
		about = "dati da confermare" },
	{ "IT_PARCEL", 1200, text = [[
		\b(?:pacco|spedizione|consegna|ordine)\b .{0,96}(?:in (?:attesa|
		giacenza|sospeso)|non (?:.{1,2} stato|.{1,2} stata|riuscit)|
		dogan|spese|pagamento|tariff|indirizzo|riprogramm)
		]],
		about = "un pacco che aspetta" },
	{ "NL_ACCOUNT", 1300, text = [[
		\b(?:uw|je) .{0,24}(?:rekening|account|pas|bankpas|
		betaalpas|toegang|mailbox|mijn \w+|digid|kaart)\b .{0,80}
		(?:geblokkeerd|opgeschort|beperkt|verlop|verloopt|verifi|
		bevestig|gedeactiveerd|vervang|bijwerk|opnieuw)
		]],
		about = "een rekening in gevaar" },
	{ "NL_PARCEL", 1200, text = [[
		\b(?:pakket|pakje|zending|bestelling|bezorging)\b .{0,96}
		(?:niet (?:bezorgd|geleverd)|kosten|douane|wacht|betal|
		adres|verzendkosten|vastgehouden)
		]],
		about = "een pakket dat wacht" },
	{ "NL_FINE", 1100, text = [[
		\b(?:belastingdienst|cjib|boete|aanmaning|openstaand\w*|
		betalingsachterstand|incasso|deurwaarder|teruggave)
		\b .{0,160}(?:betal|ideal|klik|link|direct|euro|€|beslag)
		]],
		about = "een boete" },
	{ "PL_ACCOUNT", 1200, text = [[
		\b(?:twoje|twoja|pa.stwa|swoje) .{0,24}(?:konto|przesy.ka|
		paczka|karta|p.atno..)\b .{0,80}(?:zablokowan|zawieszon|
		wstrzyman|dop.at|potwierd|zweryfikuj|aktualiz)
		]],
		about = "konto w niebezpieczeństwie" },
	{ "TR_ACCOUNT", 1200, text = [[
		\b(?:hesab.{1,2}n.{1,2}z|kart.{1,2}n.{1,2}z|kargonuz|
		paketiniz)\b .{0,80}(?:ask.{1,2}ya|bloke|do.{1,2}rula|
		g.{1,2}ncelle|beklemede|onayla|.{1,2}deme)
		]],
		about = "tehlikede bir hesap" },
	{ "RU_SPAM", 900, text = [[
		(?:рассылк|реклам)\S* .{0,64}(?:email|e-mail|баз|заказ|
		клиент)|(?:кредит|заработ|доход|казино|выигра|приз|бонус|
		инвестиц)\S* .{0,120}(?:без |онлайн|сайт|ссылк|рубл|долл|
		получ|получит)
		]],
		about = "реклама" },
	{ "CN_SPAM", 900, text = [[
		发票|代开|培训课程|优惠价|免费试用|点击链接|账户异常|密码过期|邮箱升级|中奖|贷款
		]],
		about = "广告" },
	{ "JA_PHISH", 1300, text = [[
		(?:アカウント|カード|会員|口座|ログイン|お支払い)[^。]{0,60}(?:停止|制限|確認|更新|異常|不正|
		一時|凍結|ロック|本人確認|期限)
		]],
		about = "危険なアカウント" },
	{ "LANG_PHISH_LINK", 1200, any = { "FR_ACCOUNT", "FR_VERIFY",
		"FR_PARCEL", "ES_ACCOUNT", "ES_VERIFY", "ES_PARCEL",
		"PT_ACCOUNT", "PT_POINTS", "IT_ACCOUNT", "IT_VERIFY",
		"IT_PARCEL", "NL_ACCOUNT", "NL_PARCEL", "JA_PHISH" },
		all = { "__PHISH_LINK" },
		about = "an account in danger, and a hidden way there" },
}
