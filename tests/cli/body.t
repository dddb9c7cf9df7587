#!/usr/bin/perl
# What rules do to the body, as pm scan explains it: banners, dropped files,
# what is never altered, and signatures that a rule breaks.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use lib 'tests/lib';
use ZoneDns;

my $pm = $ENV{PM} // 'build/pm';
my $dir = tempdir(CLEANUP => 1);
# RFC 8463, appendix A.
my $dns = ZoneDns->new({ 'brisbane._domainkey.football.example.com' => [[TXT =>
	'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=']],
});
my $signed = <<'END';
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
END

sub put {
	my ($name, $text) = @_;
	open my $f, '>:raw', "$dir/$name" or die "$name: $!";
	print $f $text;
	close $f;
	return "$dir/$name";
}

mkdir "$dir/policy" or die;

# What pm scan says of a message when that is what the only rule does.
sub scan {
	my ($rule, $message) = @_;
	put('policy/p.lua', 'local p = policy("p")' . "\n" .
		"p:rule(\"r\", function(m, rcpt, plan)\n$rule\nend)\n");
	my $file = put('m.eml', $message);
	my $out = qx($pm scan --json --policy $dir/policy --resolver @{[
		$dns->resolver]} $file 2>&1);
	my $o = eval { decode_json($out) };
	return $o // { trace => [{ said => $out }] };
}

sub said { return join ' | ', map { $_->{said} } @{ scan(@_)->{trace} } }

sub broken {
	my ($rule, $message) = @_;
	my $o = scan($rule, $message // $signed);
	my ($hit) = grep { $_->{name} eq 'BREAKS_DKIM' } @{ $o->{hits} };
	my ($t) = map { $_->{said} } @{ $o->{trace} };
	return ($hit ? $hit->{evidence} : '-') . " $t";
}

# --- signatures --------------------------------------------------------------

my $domain = 'football.example.com';
is(broken('plan:prefix_subject("[x]")'),
	"$domain breaks-dkim($domain); prefix_subject([x])", 'a subject');
is(broken('plan:add_header("X-New", "1")'), '- add_header(X-New)',
	'a field that is not signed');
is(broken('plan:add_header("date", "1")'),
	"$domain breaks-dkim($domain); add_header(date)", 'one more that is');
is(broken('plan:remove_header("DKIM-Signature")'),
	"$domain breaks-dkim($domain); remove_header(DKIM-Signature)",
	'the signature itself');
is(broken('plan:banner{ text = "site" }'),
	"$domain breaks-dkim($domain); banner(site)", 'a banner');
is(broken('plan:prefix_subject("[x]")', $signed =~ s/dinner/supper/r),
	'- prefix_subject([x])', 'one that did not fit anyhow');
is(broken('plan:prefix_subject("[x]")', $signed =~ s/\ADKIM.*?(?=From:)//sr),
	'- prefix_subject([x])', 'none');

# --- what is dropped ---------------------------------------------------------

my $exe = "--b\nContent-Type: application/x-exe; name=\"a\\\"b.exe\"\n\nMZ\n";
my $mixed = "Content-Type: multipart/mixed; boundary=b\n\n" .
	"--b\n\nhello\n$exe--b--\n";
is(said('for _, att in ipairs(m.attachments) do plan:drop(att) end', $mixed),
	'drop(a"b.exe)', 'an attachment');
is(said('plan:drop(m.attachments[1]); plan:drop(m.attachments[1])', $mixed),
	'drop(a"b.exe)', 'once');
is(said('if not plan:drop(m.attachments[1]) then plan:mark("a", "b") end',
	$mixed =~ s{mixed}{signed}r), 'no drop(signed); mark(a=b)', 'signed');
is(said('plan:drop(m.attachments[1])', $mixed =~ s{mixed}{encrypted}r),
	'no drop(encrypted)', 'encrypted');
is(said('plan:banner{ text = "x" }', $mixed =~ s{mixed}{signed}r),
	'no banner(signed)', 'and no banner there');

# --- what is said of wrong arguments -----------------------------------------

my $usage = 'plan:drop(att, { text = "TEXT" })';
for my $row (
	['plan:drop("a.exe")', 'argument 1 is no attachment, as ' .
		"m.attachments has them: write $usage"],
	['plan:drop(m.attachments[1], "x")',
		"argument 2 is no table: write $usage"],
	['plan:drop(m.attachments[1], { note = "x" })',
		'drop: unknown option "note": there are text and keep'],
	['plan:drop(m.attachments[1], { text = 1 })',
		'drop: text is a text of at most 8192 bytes, UTF-8'],
	['plan:drop(m.attachments[1], { keep = true })',
		'drop: keep is a reason for the quarantine, or false'],
) {
	my $o = scan($row->[0], $mixed);
	is("$o->{action} $o->{reason}", "tempfail p.lua:3: rule \"r\": " .
		$row->[1], $row->[0]);
}
done_testing();
