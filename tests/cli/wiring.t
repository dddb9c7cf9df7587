#!/usr/bin/perl
# A wiring file that is wrong: one exact line, from pm setup, and from
# whatever reads the file after somebody edited it.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Appliance;

alarm 60;
my $app = Appliance->new(roles => '"filter"');
my $good = $app->wiring;
my $wanted = "$app->{root}/wanted.lua";
my $wiring = "$app->{root}/etc/pm/wiring.lua";

# [text, what is said after the file's name]
my @wrong = (
	[$good =~ s/reinject/reinjct/r,
		': mta.reinjct: unknown key; did you mean "reinject"?'],
	[$good =~ s/domains/domans/r,
		': domans: unknown key; did you mean "domains"?'],
	[$good =~ s/\bfilter = \{/fliter = {/r,
		': fliter: unknown key; did you mean "filter"?'],
	[$good =~ s/kind = "postfix"/kind = 7/r,
		': mta.kind: must be a text, not a number'],
	[$good =~ s/networks = \{.*\}/networks = "192.0.2.0\/24"/r,
		': networks: must be a list of texts, as in { "a", "b" }, ' .
		'not a text'],
	["return {\n\tname = = 1\n}\n", ":2: unexpected symbol near '='"],
	['', ': must return a table, not nil'],
	["while true do end\n", ':1: ran longer than 20000000 steps'],
);

for my $w (@wrong) {
	my ($text, $says) = @$w;
	Appliance::write_file($wanted, $text);
	my ($code, $out) = $app->pm('setup', '--wiring', $wanted);
	is("$code $out", "2 pm setup: $wanted$says\n", "pm setup$says");
}
ok(!-e $wiring, 'no wiring was written');

$app->setup;
for my $w (@wrong) {
	my ($text, $says) = @$w;
	Appliance::write_file($wiring, $text);
	for my $try (['supervise'], ['filter', 'front']) {
		my ($code, $out) = $app->pm(@$try);
		is("$code $out", "2 pm $try->[0]: etc/pm/wiring.lua$says\n",
			"pm $try->[0]$says");
	}
}

unlink $wiring;
my ($code, $out) = $app->pm('supervise');
is("$code $out", '2 pm supervise: etc/pm/wiring.lua: no such file: ' .
	"`pm setup` writes it\n", 'no wiring');
mkdir $wiring or die "$wiring: $!";
for my $try (['supervise'], ['filter', 'front']) {
	($code, $out) = $app->pm(@$try);
	is("$code $out", "2 pm $try->[0]: etc/pm/wiring.lua: cannot read: " .
		"Is a directory\n", "pm $try->[0]: a folder instead");
}
done_testing;
