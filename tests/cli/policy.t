#!/usr/bin/perl
# pm policy check: the lines that a policy's author sees.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $default = abs_path('lua/policy');
my $dir = tempdir(CLEANUP => 1);
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
chdir $dir or die;
mkdir 'drafts' or die;

# Runs pm policy; (exit code, stdout and stderr).
sub policy {
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, 'policy',
		@_ or die;
	local $/;
	my $out = <$run> // '';
	close $run;
	return ($? >> 8, $out);
}

sub draft {
	open my $f, '>', 'drafts/50-x.lua' or die;
	print $f $_[0];
	close $f or die;
}

is_deeply([policy('check', $default, '--root', '.')],
	[0, "ok: 2 policies, 12 rules\n"], 'the shipped policy');

# Whatever the shipped rules use is among the words.
my ($code, $words) = policy('words');
is($code, 0, 'words');
open my $rules, '<', "$default/50-default.lua" or die;
my %used = map { $_ => 1 } map {
	/(?:(?<=\bm)|(?<=\bs)|(?<=rcpt|plan|spam)|(?<=virus|relay))[.:](\w+)/g
} <$rules>;
ok(keys %used > 10, 'the shipped rules use words');
like($words, qr/^  :?$_\b/m, "$_ is a word") for sort keys %used;

my @cases = (
	["policy('a'):rule('b', function() end)", 0,
		"ok: 1 policy, 1 rule\n"],
	["local p = policy('a'\n\n", 2, "pm policy: 50-x.lua:3: ')' expected "
		. "(to close '(' at line 1) near <eof>\n"],
	["local p = policy('a')\np:rul('x', function() end)\n", 2,
		"pm policy: 50-x.lua:2: policy has no method \"rul\"; did you "
		. "mean \"rule\"?\n"],
	["local p = policy('a')\np:rule('x', function(m)\n"
		. "\tif m.spam.probabilty > 9 then return discard() end\n"
		. "end)\n", 2, "pm policy: 50-x.lua:3: spam has "
		. "no field \"probabilty\"; did you mean \"probability\"?\n"],
	["while true do end\n", 2,
		"pm policy: 50-x.lua:1: this loop never ends: nothing in it "
		. "breaks or returns\n"],
	["polisy('a')\n", 2, undef],
);
for my $case (@cases) {
	my ($text, $code, $says) = @$case;
	draft($text);
	my @got = policy('check', 'drafts', '--root', '.');
	is($got[0], $code, "exit code of: $text");
	is($got[1], $says, 'and its line') if defined $says;
	like($got[1], qr/^pm policy: 50-x\.lua:1: /, 'a line with its place')
		unless defined $says;
}
is_deeply([policy('check', 'nowhere', '--root', '.')], [2, "pm policy: "
	. "nowhere: cannot be read: No such file or directory\n"],
	'no such folder');
unlink 'drafts/50-x.lua';
is_deeply([policy('check', 'drafts', '--root', '.')], [2, "pm policy: "
	. "drafts: no policy: there is no file *.lua in it\n"],
	'an empty folder');
is_deeply([policy('chek')], [2, "pm policy: did you mean check: pm help "
	. "policy tells all verbs\n"], 'a mistyped verb');
mkdir $_ or die for qw(etc etc/pm etc/pm/lists);
open my $f, '>', 'etc/pm/lists/ours' or die;
print $f "a.example\nb c\n";
close $f or die;
draft("policy('a')");
is_deeply([policy('check', 'drafts', '--root', '.')], [2, "pm policy: "
	. "lists/ours:2: \"b c\" is not one entry; write one a line, comments "
	. "after #\n"], 'a wrong list entry');
done_testing();
