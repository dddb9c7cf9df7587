#!/usr/bin/perl
# The multiplexer: lists, manuals, names, links; and what every applet must
# keep to.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Test::More;

my $PM = abs_path($ENV{PM} // 'build/pm');

# Runs a program to its end: exit code, stdout, stderr.
sub run {
	my @command = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $child = fork // die "fork: $!";
	if (!$child) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		exec @command or POSIX::_exit(127);
	}
	waitpid $child, 0;
	my $code = $? >> 8;
	my @text = map { open my $in, '<', "$dir/$_"; local $/; <$in> // '' }
		qw(out err);
	return ($code, @text);
}

my ($code, $out, $err) = run($PM);
is($code, 0, 'pm: exit code');
like($out, qr/\Apm: .*\n\nRoles:\n(  \S+ .*\n)*\nTools:\n(  \S+ .*\n)+\n/,
	'pm lists roles and tools');
is($err, '', 'pm: no errors');
my @names = $out =~ /^  (\S+) /mg;
cmp_ok(scalar @names, '>', 8, 'there are some');
my %seen;
is(join(' ', grep { $seen{$_}++ } @names), '', 'no name is there twice');
like($out, qr/^  stop +see pm help status$/m, 'other names are listed');

for my $name (@names) {
	my ($c, $help) = run($PM, 'help', $name);
	is($c, 0, "pm help $name: exit code");
	like($help, qr/\Apm [a-z]+: .+\n\n./, "pm help $name: a manual");
	my @wide = grep { length > 100 } split /\n/, $help;
	is("@wide", '', "pm help $name: fits a terminal");
	($c, my $same) = run($PM, $name, '--help');
	is($c, 0, "pm $name --help: exit code");
	isnt($same, '', "pm $name --help: says something");
	($c, undef, my $e) = run($PM, $name, '--no-such-option');
	is($c, 2, "pm $name --no-such-option: exit code");
	like($e, qr/\Apm [a-z]+: .+\n\z/, "pm $name --no-such-option: one line");
}

($code, $out, $err) = run($PM, 'statsu');
is("$code $out$err", "2 pm: no applet statsu: did you mean pm status?\n",
	'a mistyped applet');
($code, $out, $err) = run($PM, 'zzzzzzzzzz');
is("$code $out$err", "2 pm: no applet zzzzzzzzzz: `pm` lists them\n",
	'an applet like no other');
($code, $out, $err) = run($PM, 'help', 'nix');
is("$code $out$err", "2 pm help: no applet nix: `pm` lists them\n",
	'help for nothing');

my $dir = tempdir(CLEANUP => 1);
($code, $out, $err) = run($PM, 'install', $dir);
is("$code$out$err", '0', 'pm install');
is(join(' ', sort map { m{/pm-([^/]+)$} } glob "$dir/pm-*"),
	join(' ', sort @names), 'a link for each name');
is(readlink "$dir/pm-status", 'pm', 'to pm beside it');
is((run($PM, 'install', $dir))[0], 0, 'again is fine');
symlink $PM, "$dir/pm";
($code, $out, $err) = run("$dir/pm-stop", '--root', $dir);
is("$code $err", "3 pm stop: pm supervise is not running in " .
	abs_path($dir) . "\n", 'called by a link');
unlink "$dir/pm-help";
open my $file, '>', "$dir/pm-help";
close $file;
($code, $out, $err) = run($PM, 'install', $dir);
is($code, 2, 'a file in the way: exit code');
is($err, "pm install: $dir/pm-help: cannot make the link: File exists\n",
	'a file in the way: line');
($code, $out, $err) = run($PM, 'install');
is("$code $err", "2 pm install: which folder? usage: pm install DIR\n",
	'install where?');

done_testing;
