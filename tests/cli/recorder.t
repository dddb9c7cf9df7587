#!/usr/bin/perl
# The recorder: quick when mail comes, patient when the disk does not let it,
# and exact when it is killed again and again.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use lib 'tests/lib';
use Nobody;
use POSIX ();
use Time::HiRes qw(sleep time);

my $pm = Nobody::become();
my $root = tempdir(CLEANUP => 1);
my $spool = "$root/var/lib/pm/spool";
# No archive: it makes folders that an older set-up did not.
system('mkdir', '-p', "$root/var/lib/pm/quarantine", "$root/etc/pm",
	map { "$spool/$_" } qw(tmp new inject bad)) == 0 or die;
spew("$root/etc/pm/wiring.lua", 'return { name = "t", site = "example.org", ' .
	'roles = { "filter" }, domains = { "example.org" } }');

my $serial = 0;
my $pid;

sub start {
	$pid = fork() // die;
	return if $pid;
	open STDERR, '>>', "$root/log" or die;
	exec $pm, 'filter', 'recorder', '--root', $root or die;
}

sub stop {
	my ($signal) = @_;
	kill $signal, $pid;
	waitpid $pid, 0;
	return $?;
}

END { if ($pid) { local $?; stop('KILL') } }

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

# A record as front commits it: one quarantine item, one copy with an edit.
sub commit {
	my $id = sprintf '0193fd23-0000-7000-8000-%012x', $serial++;
	my $head = pack('V/a Q< V C', $id, 1, 5, 50)
		. pack('(V/a)8', '192.0.2.1', 'mx', 'h', 's@t', 'Q', 'hello',
			'f', '')
		. pack('V', 2)
		. pack('C V/a V/a V (V/a)1 V', 1, 'Spam', "t\n", 1, 'a@b', 0)
		. pack('C V/a V/a V (V/a)1 V Q< Q< V/a', 2, '', '', 1, 'c@d', 1,
			0, 0, "X: y\r\n");
	spew("$spool/tmp/$id", 'pmS1' . pack('V/a Q<', $head, 8)
		. "A: b\r\n\r\n" . 'end!');
	rename "$spool/tmp/$id", "$spool/new/$id" or die;
	return $id;
}

sub wait_for {
	my ($what, $seconds) = @_;
	my $until = time + $seconds;
	sleep 0.002 until $what->() || time > $until;
	return $what->();
}

# Lists: glob in scalar context would remember where it was.
sub files { my ($dir) = @_; my @f = glob "$spool/$dir/*"; return @f }
sub held {
	my ($id) = @_;
	my @f = glob "$root/var/lib/pm/quarantine/*/$id";
	return @f;
}

start();
my $id = commit();
ok wait_for(sub { -e "$spool/inject/$id-1" }, 10), 'a record is taken';
my $copy = do { local (@ARGV, $/) = "$spool/inject/$id-1"; <> };
is $copy, 'pmC1' . pack('V/a', pack('V/a V V/a', 's@t', 1, 'c@d'))
	. pack('Q<', 14) . "X: y\r\nA: b\r\n\r\nend!",
	'the copy has its edit and its recipient';
is held($id), 1, 'the original is held';
is files('new'), 0, 'the record is gone';
unlink files('inject');

my @took;
for (1 .. 5) {
	my $began = time;
	my $one = commit();
	wait_for(sub { -e "$spool/inject/$one-1" }, 10);
	push @took, time - $began;
}
@took = sort { $a <=> $b } @took;
cmp_ok $took[2], '<', 0.5, 'it does not wait for its next look '
	. sprintf('(%.0f ms)', $took[2] * 1000);
unlink files('inject');

spew("$spool/tmp/0193fd23-0000-7000-8000-ffffffffffff", 'pmS1 nonsense');
rename "$spool/tmp/0193fd23-0000-7000-8000-ffffffffffff",
	"$spool/new/0193fd23-0000-7000-8000-ffffffffffff" or die;
ok wait_for(sub { files('bad') == 1 }, 10), 'a damaged record is put aside';
my $log = do { local (@ARGV, $/) = "$root/log"; <> };
is $log, "error: var/lib/pm/spool/new/0193fd23-0000-7000-8000-ffffffffffff: "
	. "damaged or not a spool file: moved to var/lib/pm/spool/bad\n",
	'... and the log says so';

# The injector sends and removes at once, so that a second copy would show.
my (%sent, @ids);
sub inject {
	for my $file (files('inject')) {
		$sent{$file =~ s{.*/}{}r}++;
		unlink $file or die;
	}
}
for my $round (1 .. 40) {
	push @ids, commit() for 1 .. 3;
	sleep 0.0005 * ($round % 12);
	inject();
	stop('KILL');
	inject();
	start();
}
ok wait_for(sub { inject(); keys %sent == @ids }, 20),
	'killed 40 times: every copy is handed over';
sleep 0.1;
inject();
is_deeply [grep { $_ != 1 } values %sent], [], '... once';
is_deeply [grep { held($_) != 1 } @ids], [],
	'... and every original is held';
is files('new'), 0, '... and nothing is left behind';

is stop('TERM'), 0, 'TERM ends it well';
undef $pid;
done_testing;
