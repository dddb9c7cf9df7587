#!/usr/bin/perl
# pm policy library: each ready-made rule does what its messages say, both
# ways, and can be taken over into a root.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $library = abs_path('lua/library');
my $dir = tempdir(CLEANUP => 1);
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
chdir $dir or die;

sub slurp {
	my ($file) = @_;
	open my $in, '<', $file or return '';
	local $/;
	return <$in> // '';
}

# (exit code, output) of pm policy.
sub policy {
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, 'policy',
		@_ or die;
	local $/;
	my $out = <$run> // '';
	close $run;
	return ($? >> 8, $out);
}

my @names = map { m{([^/]+)\.lua$} } glob("$library/*.lua");
my ($code, $said) = policy('library');
is($code, 0, 'list');
is_deeply([sort $said =~ /^(\S+) +\S.*$/mg], \@names, 'one line for each');
# What needs a word that this version does not have waits for it.
my %later = map { $_ => 1 } $said =~ /^(\S+) +\(not in this version/mg;
unlike($said, qr/.{90}/, 'lines fit a terminal');

# Their messages, both ways: at least one that a rule has something to say
# about, and one that it leaves alone.
($code, $said) = policy('library', 'test');
is($code, 0, 'all messages are judged as expected') or diag($said);
like($said, qr/^\d+ ready-made rules, \d+ messages, 0 failed$/m, 'and told');
for my $name (@names) {
	my $cases = slurp("$library/$name.test");
	my @titles = $cases =~ /^case: (.+)$/mg;
	is_deeply([$said =~ /^ok \Q$name\E: (.+)$/mg],
		$later{$name} ? [] : \@titles,
		"$name: each message was tried");
	like($cases, qr/^silent: yes$/m, "$name: one that is left alone");
	like($cases, qr/^(?:expect: (?!deliver)|said: |text: )/m,
		"$name: one that is not");
	my ($head) = slurp("$library/$name.lua") =~ /\A((?:--.*\n)+)/;
	like($head, qr/\A-- \Q$name\E: [^.]{20,70}\n--\n/, "$name: its title");
	like($head, qr/^-- $_:/m, "$name: $_") for qw(Lists Templates Options);
	my ($lists) = $head =~ /^-- Lists: (.*)/m;
	ok($_ eq 'none' || -f "$library/lists/$_" ||
		-f "$library/../policy/lists/$_", "$name: list $_")
		for split /, /, $lists;
	my %known = map { $_ => 1 } $head =~ /^--\t(\w+) = /mg;
	my %read = map { $_ => 1 } slurp("$library/$name.lua") =~
		/option\("(\w+)"/g;
	is_deeply(\%known, \%read, "$name: its options are told");
}

# A failure is told.
($code, $said) = policy('library', 'show', $names[0]);
is($said, slurp("$library/$names[0].lua"), 'show');
is_deeply([policy('library', 'show', 'executable')], [2, "pm policy: no "
	. "ready-made rule \"executable\"; did you mean \"executables\"?: pm "
	. "policy library lists them\n"], 'a name that is not there');
is_deeply([policy('library', 'frob')], [2, "pm policy: usage: pm policy "
	. "library [show NAME | add NAME | test [NAME]]\n"], 'a wrong verb');

# Taken over: the first brings the shipped policy along, nothing is changed
# that is there.
($code, $said) = policy('library', 'add', 'macro-documents', '--root', '.');
is($code, 0, 'add') or diag($said);
like($said, qr{^added etc/pm/policy/40-macro-documents\.lua$}m, 'the rule');
like($said, qr{^added etc/pm/lists/macro-senders$}m, 'its list');
like($said, qr{^added etc/pm/policy/50-default\.lua$}m, 'the policy around');
is(slurp('etc/pm/policy/40-macro-documents.lua'),
	slurp("$library/macro-documents.lua"), 'as it is shipped');
is_deeply([policy('library', 'add', 'macro-documents', '--root', '.')], [2,
	"pm policy: etc/pm/policy/macro-documents.lua is there already: "
	. "nothing was changed\n"], 'not twice');
open my $list, '>>', 'etc/pm/lists/trusted-relays' or die;
print $list "192.0.2.1\n";
close $list or die;
($code, $said) = policy('library', 'add', 'dmarc-strict', '--root', '.');
is($said, "added etc/pm/policy/40-dmarc-strict.lua\n"
	. "Look at it, then: pm policy check\n", 'the list is left alone');
like(slurp('etc/pm/lists/trusted-relays'), qr/^192\.0\.2\.1$/m, 'as it was');
for my $name (@names) {
	($code, $said) = policy('library', 'add', $name, '--root', '.');
	is(-f "etc/pm/policy/40-$name.lua" ? 'added' : 'refused',
		$later{$name} ? 'refused' : 'added', "$name: added");
	like($said, qr/^pm policy: \Q$name\E: not in this version: needs /,
		"$name: and why not") if $later{$name};
}
($code, $said) = policy('check', '--root', '.');
is($code, 0, 'all of them together are a policy') or diag($said);
done_testing();
