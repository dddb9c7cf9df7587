#!/usr/bin/perl
# pm rules: the shipped rules, those of the site above them, and what is wrong.
use strict;
use warnings;
use lib 'tests/lib';
use Appliance;
use File::Path qw(make_path);
use Test::More;

my $site = Appliance->new(roles => '"filter"')->setup;
my $root = $site->{root};
my $rules = "$root/etc/pm/policy/rules";
make_path($rules);

sub put {
	my ($file, $text) = @_;
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out or die "$file: $!";
}

sub pm { return scalar `$ENV{PM} @_ 2>&1` }

like(pm('rules'), qr/^GTUBE +- +the line that/m, 'the shipped ones');
like(pm('rules list --group test --json'),
	qr/\A\[\{"name":"GTUBE","group":"test","about":"/, 'as JSON');
like(pm('rules show GTUBE'), qr/^a fact that pm's own checks state$/m,
	'one of them');
is(pm('rules show GTUB'), "pm rules: there is no rule GTUB: pm rules list " .
	"names all\n", 'none of that name');
is(pm('rules lits'), "pm rules: lits: there are list, show NAME, check " .
	"FILE… and compile\n", 'no such verb');

put("$rules/ours.lua", <<'LUA');
return {
	group = "ours", cap = 4000, about = "what only we see",
	{ "OURS_PRIZE", 3500, text = "won a prize", about = "a prize" },
	{ "OURS_BOTH", 1500, all = { "OURS_PRIZE", "GTUBE" }, about = "both" },
}
LUA
is(pm("rules check $rules/ours.lua"),
	"2 rules in 1 files: all of them can be used\n", 'a good file');
like(pm("rules --root $root show OURS_BOTH"),
	qr/^OURS_BOTH +1\.50  both\n\nours: .*most\)\nall of: OURS_PRIZE GTUBE\n/,
	'a rule of the site');

my $mail = "$root/mail.eml";
put($mail, "From: a\@example.com\nSubject: x\n\nyou have won a  prize\n" .
	'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X' .
	"\n");
my $line = pm("scan --json --draft --root $root $mail");
my %weight = $line =~ /"name":"(\w+)","weight":(-?\d+)/g;
is_deeply([@weight{qw(OURS_PRIZE OURS_BOTH CAP_OURS)}], [3500, 1500, -1000],
	'its hits, and the cap of its group') or diag $line;
my ($score) = $line =~ /"score":(-?\d+)/;
my $sum = 0;
$sum += $_ for values %weight;
is($sum, $score, 'they sum to the score');

put("$rules/ours.lua", "return { group = \"o\",\n { \"X\", 1, text = \"(\" } }");
is(pm("rules check $rules/ours.lua"), "pm rules: $rules/ours.lua: rule X: " .
	"has no about = \"what it means\"\n", 'a bad file');
is(pm("scan --draft --root $root $mail"), "pm scan: policy/rules/ours.lua: rule X: " .
	"has no about = \"what it means\"\n", 'is not judged by');
like(pm("policy publish --root $root"), qr{policy/rules/ours\.lua: rule X: },
	'and not published');
done_testing;
