#!/usr/bin/perl
# README's first line in a fresh minbase root: no make, no compiler, no sudo.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Test::More;

plan skip_all => 'needs root and mmdebstrap' unless $> == 0 &&
	grep { -x "$_/mmdebstrap" } split /:/, $ENV{PATH};

my $root = tempdir('pm-bare-XXXXXX', TMPDIR => 1, CLEANUP => 0);
chmod 0755, $root;
my $log = "$root.log";
my @mounts = qw(proc dev sys);

sub run { return system('sh', '-c', "$_[0] >>$log 2>&1") == 0 }

# What failed in the log, and its last lines.
sub tail {
	open my $in, '<', $log or return '';
	my @lines = <$in>;
	my @failed = grep { /^(?:not ok|#\s+Failed test|tests\S+\s+\(Wstat)/ }
		@lines;
	splice @lines, 0, -30 if @lines > 30;
	return join '', @failed, @lines;
}

END {
	local $?;
	run("umount -l $root/$_") for reverse @mounts;
	system('rm', '-rf', '--one-file-system', $root) if $root;
	unlink $log unless $ENV{PM_KEEP};
}

# The same packages as this machine installs from; nothing is named here.
my @sources = grep { -e } glob('/etc/apt/sources.list ' .
	'/etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources');
if (!run("mmdebstrap --variant=minbase bookworm $root @sources")) {
	diag(tail());
	plan skip_all => 'mmdebstrap cannot make a root here';
}
run("cp /etc/apt/apt.conf.d/* $root/etc/apt/apt.conf.d/; " .
	"cp /etc/resolv.conf /etc/hosts $root/etc/; " .
	"cp -a /etc/ssl $root/etc/; cp \$HOME/.npmrc $root/root/ || :");
for my $m (@mounts) {
	run("mount --rbind /$m $root/$m");
}
ok(!run("chroot $root sh -c 'command -v make gcc sudo'"),
	'no make, no compiler, no sudo there');
ok(run("git clone -q . $root/root/pm"), 'a clean checkout');
my $env = join ' ', map { "$_='$ENV{$_}'" }
	grep { /^(https?_proxy|no_proxy|npm_config_\w+)$/i } keys %ENV;
# One line of README, typed as root in the checkout.
sub typed {
	my ($line) = @_;
	return run("chroot $root env -i HOME=/root PATH=\$PATH $env " .
		"sh -c 'cd /root/pm && $line' </dev/null");
}

ok(typed('apt-get update && apt-get install -y make && RUN_ONCE=1 ' .
	'SMTP_PORT=2527 REINJECT_PORT=2528 WEB_PORT=2529 make deps run'),
	"README's first line works") or diag(tail());
my $out = tail();
like($out, qr/^MESSAGE +RECIPIENT/m, 'the table is printed');
like($out, qr/Everything is stopped\./, 'nothing is left running');
ok(typed('make check'), "README's second line works") or diag(tail());
like(tail(), qr/^pm: all tests done$/m, 'to its end');
done_testing;
