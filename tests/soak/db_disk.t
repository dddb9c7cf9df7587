#!/usr/bin/perl
# pm db on a full disk: it says so, does not come up, and is back as soon as
# there is room.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Appliance;
use Db;
use Time::HiRes qw(sleep time);

plan skip_all => 'needs root and PostgreSQL' unless $> == 0 && Db::installed();

my $app = Appliance->new(roles => '"db", "csm"',
	web => Appliance::free_port());
$app->setup;
my $wiring = "$app->{root}/etc/pm/wiring.lua";
# The pages are not needed here.
system('sed', '-i', 's/roles = .*/roles = { "db" },/', $wiring) == 0 or die;
my $disk = "$app->{root}/var/lib/pm/db";
system('mount', '-t', 'tmpfs', '-o', 'size=100m', 'pm-test', $disk) == 0
	or plan skip_all => 'cannot mount a tmpfs here';
END {
	my $status = $?;
	$app->stop if $app;
	system('umount', '-l', $disk) if $disk && `mount` =~ /\Q$disk\E/;
	$? = $status;
}
$app->start(60);

sub sql {
	my ($code, $out) = $app->pm('db', 'psql', '--', '-Atqc', $_[0]);
	chomp $out;
	return $out;
}

sub told {
	my ($name, $seconds, $words) = @_;
	my $until = time + $seconds;
	my ($p, $text);
	do {
		sleep 0.1 if defined $text;
		my $s = $app->status // {};
		($p) = grep { $_->{process} eq 'postgres' }
			@{ $s->{processes} // [] };
		$text = $p->{degraded} // '';
	} until $text =~ $words || time > $until;
	like($text, $words, $name) or diag explain($p), $app->log_tail;
}

sub back {
	my ($seconds) = @_;
	my $until = time + $seconds;
	sleep 0.1 until sql('select name from list') eq 'kept' ||
		time > $until;
	return sql('select name from list') eq 'kept';
}

sql("insert into list (name) values ('kept')");
my $fill = "$disk/fill";
system("dd if=/dev/zero of=$fill bs=1M count=200 2>/dev/null");
my $waits = 'kept mail waits in the spool';
told('the disk gets full', 30, 
	qr{^the disk of var/lib/pm/db has 0 MB left: when it is full});
sub postgres {
	my $s = $app->status // {};
	my ($p) = grep { $_->{process} eq 'postgres' } @{ $s->{processes} // [] };
	return $p->{pid} // 0;
}
my $before = postgres();
$app->pm('restart', 'db');
my $end = time + 30;
sleep 0.1 while postgres() == $before && time < $end;
isnt(postgres(), $before, 'it is started anew');
# PostgreSQL may come up and let nobody in, or not come up at all.
told('started anew it can do nothing, and says why', 60,
	qr{: No space left on device: make room in var/lib/pm/db; $waits$|
	^the\ disk\ of\ var/lib/pm/db\ has\ 0\ MB\ left:}x);
unlink $fill;
ok(back(15), 'with room it is back, with what was committed')
	or diag $app->log_tail(30);
done_testing;
