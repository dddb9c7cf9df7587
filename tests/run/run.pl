#!/usr/bin/perl
# make run: a complete appliance under build/run, real mail through it, a
# table of what became of each message; then it serves until Ctrl-C.
#
# RUN_ONCE=1 stops everything after the table and exits 0 only if every line
# is as expected. SMTP_PORT, REINJECT_PORT and WEB_PORT choose other ports,
# RUN_ROOT another folder.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Copy qw(copy);
use File::Path qw(make_path);
use FindBin;
use IO::Compress::Zip qw(zip);
use IO::Socket::INET;
use MIME::Base64;
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;

my $started = time;
my $smtp = $ENV{SMTP_PORT} // 2525;
my $reinject = $ENV{REINJECT_PORT} // 2526;
my $web = $ENV{WEB_PORT} // 18080;
my $domain = 'example.org';
my ($alice, $bob, $nobody) = map { "$_\@$domain" } qw(alice bob nobody);
my $appliance;
my $stopping;

$| = 1;
$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { $stopping = 1 };

# One line for a person, everything stopped, exit.
sub fail {
	my ($text) = @_;
	print STDERR "make run: $text\n";
	$appliance->stop, $appliance->stop_clamd if $appliance;
	exit 1;
}

# A port in use: which one, and how to choose others.
sub check_port {
	my ($port, $variable) = @_;
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		LocalPort => $port, Listen => 1, ReuseAddr => 1);
	fail("port $port is in use: choose another with " .
		"`make run $variable=PORT`") unless $s;
	close $s;
}

# build/run; or, where the MTA's users cannot come that far down (a checkout
# below a closed home folder), an open folder that build/run links to, with a
# copy of pm in it.
sub choose_root {
	my $root = $ENV{RUN_ROOT} // 'build/run';
	make_path('build');
	if (!-e $root && !Appliance::reachable(abs_path('build'))) {
		my $open = "/var/tmp/pm-run-$<";
		make_path($open);
		symlink $open, $root or fail("$root: cannot link: $!");
		print "The folders above build/ are closed to the mail ",
			"system's users:\nthe appliance lives in $open ",
			"(build/run links to it).\n";
	}
	make_path($root) unless -e $root;
	$root = abs_path($root);
	if (!Appliance::reachable($Appliance::PM)) {
		my $copy = "$root/pm";
		unlink $copy;
		copy($Appliance::PM, $copy) && chmod 0755, $copy
			or fail("$copy: cannot copy pm: $!");
		$Appliance::PM = $copy;
	}
	return $root;
}

my %message;

# A header as any client writes it, then the body given.
sub mail {
	my ($name, $to, $subject, $extra, $body) = @_;
	my $id = sprintf '<%s.%d.%d@client.example.net>', $name, time, $$;
	$message{$name}{id} = $id;
	return join "\n", 'From: Carol <carol@example.net>', "To: $to",
		"Subject: $subject", "Message-ID: $id",
		strftime('Date: %a, %d %b %Y %H:%M:%S +0000', gmtime),
		'MIME-Version: 1.0',
		$extra, '', $body, '';
}

sub html_mail {
	my $pdf = encode_base64("%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n");
	return mail('html', $alice, 'The minutes, with an attachment',
		'Content-Type: multipart/mixed; boundary="b1"', <<"MIME");
--b1
Content-Type: text/html; charset=utf-8

<html><body><p>Dear Alice,</p><p>the <b>minutes</b> are attached.</p></body></html>
--b1
Content-Type: application/pdf; name="minutes.pdf"
Content-Disposition: attachment; filename="minutes.pdf"
Content-Transfer-Encoding: base64

$pdf
--b1--
MIME
}

# The EICAR test file in a zip, put together here so that no file holds it.
sub eicar_mail {
	my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' .
		'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
	my $packed;
	zip(\$eicar => \$packed, Name => 'eicar.com') or die 'zip';
	my $zip = encode_base64($packed);
	return mail('eicar', $alice, 'Your invoice',
		'Content-Type: multipart/mixed; boundary="b2"', <<"MIME");
--b2
Content-Type: text/plain

Please see the attached invoice.
--b2
Content-Type: application/zip; name="invoice.zip"
Content-Disposition: attachment; filename="invoice.zip"
Content-Transfer-Encoding: base64

$zip
--b2--
MIME
}

my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-' .
	'EMAIL*C.34X';

# name, what, recipients with the outcome that is expected for each.
sub messages {
	my ($virus) = @_;
	return (
		[plain => 'a plain mail', { $alice => 'delivered' },
			mail('plain', $alice, 'Lunch on Friday?',
				'Content-Type: text/plain',
				'Shall we say noon?')],
		[html => 'HTML with an attachment', { $alice => 'delivered' },
			html_mail()],
		[gtube => 'GTUBE', { $alice => 'quarantined' },
			mail('gtube', $alice, 'Best prices',
				'Content-Type: text/plain', $gtube)],
		[eicar => 'EICAR in a zip',
			{ $alice => $virus ? 'quarantined' : 'delivered' },
			eicar_mail()],
		[optout => 'GTUBE to two, one opted out',
			{ $alice => 'quarantined', $bob => 'delivered' },
			mail('optout', "$alice, $bob", 'Best prices again',
				'Content-Type: text/plain', $gtube)],
		[unknown => 'to an unknown recipient',
			{ $nobody => 'rejected' },
			mail('unknown', $nobody, 'Are you there?',
				'Content-Type: text/plain', 'Hello?')],
	);
}

# Its Maildir file is there.
sub is_delivered {
	my ($id, $rcpt) = @_;
	for my $path ($appliance->delivered($rcpt)) {
		open my $in, '<', $path or next;
		local $/;
		return 1 if index(<$in>, $id) >= 0;
	}
	return 0;
}

# What the database's log says of a message for one recipient: (outcome,
# reason, id), or nothing yet. Refused before DATA it has no Message-ID.
sub logged {
	my ($id, $rcpt) = @_;
	(my $bare = $id) =~ tr/<>//d;
	my $row = eval { $appliance->sql(<<"SQL") } // '';
select r.outcome, r.reason, m.id from pm.message m join pm.message_rcpt r
using (id) where r.rcpt = '$rcpt' and (m.message_id = '$bare' or m.size = 0
and m.received > to_timestamp($started)) order by m.id desc limit 1
SQL
	return split /\|/, $row, -1;
}

# Is it in the database, to be seen and released?
sub is_held {
	my ($id) = @_;
	return eval { $appliance->sql(
		"select count(*) from pm.quarantine where id = '$id'") } // 0;
}

# What became of a message for one recipient: (outcome, reason, id).
sub outcome {
	my ($name, $rcpt) = @_;
	my $end = time + 15;
	while (time < $end && !$stopping) {
		my ($outcome, $reason, $id) =
			logged($message{$name}{id}, $rcpt);
		$outcome //= '';
		return ($outcome, $reason, $id)
			if $outcome =~ /^(?:rejected|deferred)$/;
		return ($outcome, $reason, $id) if $outcome eq 'quarantined'
			&& is_held($id);
		return ($outcome, $reason, $id)
			if $outcome =~ /^(?:delivered|tagged)$/ &&
			is_delivered($message{$name}{id}, $rcpt);
		sleep 0.05;
	}
	return ('nowhere', 'neither delivered nor kept', '-');
}

# Sends everything and prints the table; true when all is as expected.
sub table {
	my ($virus) = @_;
	my $good = 1;
	my $row = "%-28s %-20s %-12s %-10s %s\n";
	printf "\n$row", qw(MESSAGE RECIPIENT OUTCOME REASON ID);
	for my $m (messages($virus)) {
		my ($name, $what, $expected, $text) = @$m;
		my @rcpts = sort keys %$expected;
		$appliance->send_mail(rcpts => \@rcpts,
			from => 'carol@example.net', message => $text);
		for my $rcpt (@rcpts) {
			my ($outcome, $reason, $id) = outcome($name, $rcpt);
			printf $row, $what, $rcpt, $outcome, $reason, $id;
			next if $outcome eq $expected->{$rcpt};
			print "    ^ expected: $expected->{$rcpt}\n";
			$good = 0;
		}
	}
	return $good;
}

sub how_to_go_on {
	my $pm = 'build/pm';
	my $root = "--root $appliance->{root}";
	$root =~ s{\Q@{[abs_path('.')]}\E/}{};
	my $login = $appliance->{password} ?
		"admin, with the one-time password $appliance->{password}" :
		"admin, with the password that you chose\n" .
		"  (a new one: $pm csm password $root)";
	print <<"TEXT";

The pages:  https://127.0.0.1:$web/ (with a certificate of its own: the
            browser asks)
Log in as:  $login

The appliance serves SMTP on 127.0.0.1:$smtp until Ctrl-C. From another
terminal, in this folder:
  $pm status $root
  $pm quarantine list $root
  $pm quarantine show $root ID
  $pm quarantine release $root ID
  $pm scan $root --json MESSAGE.eml
  edit build/run/etc/pm/policy/50-default.lua, then:
  $pm policy publish $root -m WHY
TEXT
}

fail('run it as root: it starts a private Postfix and gives each process ' .
	'its own user') if $> != 0;
my $root = choose_root();
check_port($smtp, 'SMTP_PORT');
check_port($reinject, 'REINJECT_PORT');
check_port($web, 'WEB_PORT');
$appliance = Appliance->new(root => $root, smtp => $smtp, host_dns => 1,
	reinject => $reinject, db => 1, web => $web, domains => [$domain],
	lists => { 'valid-recipients' => [$alice, $bob],
		'anti-spam-optouts' => [$bob] });
my $virus = eval { $appliance->start_clamd };
fail($@ =~ s/ at .*//sr) if $@;
print $virus ? "Virus engine: clamd with one local signature (EICAR).\n" :
	"Virus engine: none is wired (ClamAV is not installed).\n";
eval { $appliance->setup; $appliance->start; };
fail($@) if $@;

# Ready, and nothing to complain of: what waited for the database has it.
my ($well, $status);
while (!$stopping) {
	($well, $status) = $appliance->pm('status');
	last if $well == 0;
	fail("not all is well:\n$status") if time - $started > 45;
	sleep 0.1;
}
printf "Appliance up after %.1f s in %s.\n", time - $started, $root;

my $good = $stopping ? 0 : table($virus);
if (!$ENV{RUN_ONCE} && !$stopping) {
	how_to_go_on();
	while (!$stopping) {
		sleep 0.2;
		fail('pm supervise ended: ' . $appliance->log_tail)
			unless $appliance->alive;
	}
	$good = 1;
}
print "\nStopping.\n";
my $clean = $appliance->stop;
$appliance->stop_clamd;
print $clean ? "Everything is stopped.\n" :
	"pm supervise had to be killed.\n";
exit($good && $clean ? 0 : 1);
