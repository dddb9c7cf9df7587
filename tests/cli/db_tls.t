#!/usr/bin/perl
# The database for other appliances: TLS and a client certificate, whose name
# opens one login; everything else stays outside.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Appliance;
use Db;
use POSIX ();
use Time::HiRes qw(sleep time);

plan skip_all => 'needs root' if $> != 0;
plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
plan skip_all => 'openssl is not installed'
	if system('openssl version >/dev/null 2>&1');

# Loopback of our own: port 5432 is always the same.
my $host = join '.', 127, map { 1 + int rand 250 } 1 .. 3;
my $app = Appliance->new(roles => '"db", "csm"',
	web => Appliance::free_port(), top => "db = { listen = { \"$host\" } },");
my $root = $app->{root};
$app->setup;
my $etc = "$root/etc/pm/db";

sub wait_for {
	my ($what, $seconds) = @_;
	my $until = time + $seconds;
	my $got;
	sleep 0.05 until ($got = $what->()) || time > $until;
	return $got;
}

sub run {
	my (@command) = @_;
	open my $out, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1 </dev/null',
		@command or die "$command[0]: $!";
	my $text = do { local $/; <$out> } // '';
	close $out;
	return $text;
}

# Certificates in a folder of their own: NAME.pem and NAME.key.
my $keys = "$root/keys";
mkdir $keys;
sub certificate {
	my ($name, $subject, $ca, @more) = @_;
	my @sign = $ca ? ('-CA', "$keys/$ca.pem", '-CAkey', "$keys/$ca.key") :
		('-addext', 'basicConstraints=critical,CA:TRUE');
	my $out = run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-subj', $subject, '-days',
		30, '-keyout', "$keys/$name.key", '-out', "$keys/$name.pem",
		@sign, @more);
	die "openssl: $out" if $?;
	chmod 0600, "$keys/$name.key";
}
certificate('ca', '/CN=the site');
certificate('other', '/CN=another site');

# What psql answers with a certificate, or says.
sub ask {
	my ($name, $login, %o) = @_;
	my $conninfo = "host=localhost hostaddr=$host port=5432 dbname=pm " .
		"user=$login connect_timeout=5 sslrootcert=$etc/cert.pem " .
		'sslmode=' . ($o{mode} // 'verify-full');
	$conninfo .= " sslcert=$keys/$name.pem sslkey=$keys/$name.key"
		if $name;
	my $out = run('psql', $conninfo, '-XAtc', 'select current_user');
	chomp $out;
	return $out;
}

# --- without a CA -----------------------------------------------------------
$app->start(60);
is($app->sql('show listen_addresses'), '', 'without ca.pem it stays closed');
like($app->log_tail(200), qr{port\ 5432\ stays\ closed\ to\ other\ appliances:
	\ etc/pm/db/ca\.pem}x, 'and says what is missing');
my ($code, $status) = $app->pm('status');
unlike($status, qr/5432/, 'which is no trouble of mail');
ok(-e "$etc/cert.pem", 'its own certificate is there');
is(sprintf('%o', (stat "$etc/key.pem")[2] & 07777), '640', 'the key: closed');
$app->stop;

# --- with one ---------------------------------------------------------------
certificate('good', '/CN=pm_recorder.mx2', 'ca');
certificate('jobs', '/CN=pm_injector.mx2', 'ca');
certificate('owner', '/CN=pm.mx2', 'ca');
certificate('long', '/CN=pm_recorder.mx2,pm', 'ca');
certificate('foreign', '/CN=pm_recorder.mx2', 'other');
certificate('self', '/CN=pm_recorder.mx2');
certificate('old', '/CN=pm_recorder.mx2', 'ca');
run('openssl', 'x509', '-in', "$keys/old.pem", '-signkey', "$keys/old.key",
	'-x509toreq', '-out', "$keys/old.csr");
run('openssl', 'x509', '-req', '-in', "$keys/old.csr", '-CA', "$keys/ca.pem",
	'-CAkey', "$keys/ca.key", '-days', -1, '-out', "$keys/old.pem");
die 'openssl: no expired certificate'
	if run('openssl', 'x509', '-in', "$keys/old.pem", '-noout',
		'-checkend', 0) !~ /will expire/;
run('cp', "$keys/ca.pem", "$etc/ca.pem");
$app->start(60);
is($app->sql('show listen_addresses'), $host, 'it listens where it is wired');
is(ask('good', 'pm_recorder'), 'pm_recorder', 'a certificate opens its login');
my $why = qr/certificate authentication failed|no usermap|does not match/i;
like(ask('good', 'pm_csm'), $why, 'and no other');
like(ask('good', 'pm'), $why, 'not the owner');
like(ask('owner', 'pm'), $why, 'whom no certificate opens');
like(ask('long', 'pm_recorder'), $why, 'a name that goes on opens nothing');
like(ask('foreign', 'pm_recorder'), qr/alert|error|closed/i,
	'signed by somebody else');
like(ask('self', 'pm_recorder'), qr/alert|error|closed/i, 'self-signed');
like(ask('old', 'pm_recorder'), qr/alert certificate expired/, 'expired');
like(ask('', 'pm_recorder'), qr/valid client certificate|no pg_hba|requires/i,
	'without a certificate');
like(ask('', 'pm_recorder', mode => 'disable'), qr/no pg_hba\.conf entry/,
	'without TLS');
my @client = ('openssl', 's_client', '-connect', "$host:5432", '-starttls',
	'postgres', '-cipher', 'DEFAULT@SECLEVEL=0');
like(run(@client, '-tls1_1'), qr/alert protocol version/, 'TLS 1.1: no');
like(run(@client, '-tls1_2'), qr/^\s+Protocol\s+: TLSv1\.2/m, 'TLS 1.2: yes');

# --- another appliance writes through it ------------------------------------
my $far = Appliance->new(top => "db = { connection = \"host=localhost " .
	"hostaddr=$host port=5432 dbname=pm sslmode=verify-full " .
	'sslrootcert=etc/pm/db/server.pem sslcert=etc/pm/db/{login}.pem ' .
	"sslkey=etc/pm/db/{login}.key\" },",
	roles => '"mta", "filter"');
SKIP: {
	skip 'Postfix is not installed', 3 unless -x '/usr/sbin/postconf';
	$far->setup;
	my $to = "$far->{root}/etc/pm/db";
	mkdir $to, 0755;
	chmod 0755, $to;
	run('cp', "$etc/cert.pem", "$to/server.pem");
	for (['good', 'pm_recorder', 'pm-rec'],
	     ['jobs', 'pm_injector', 'pm-inj']) {
		my ($name, $login, $group) = @$_;
		run('cp', "$keys/$name.pem", "$to/$login.pem");
		run('cp', "$keys/$name.key", "$to/$login.key");
		chown 0, scalar(getgrnam $group), "$to/$login.key";
		chmod 0640, "$to/$login.key";
	}
	$far->start(60);
	my $sent = $far->send_mail(from => 'a@example.net',
		rcpts => ['nobody@example.org'], message => "Subject: x\n\nx\n");
	isnt($sent->{code}, 0, "a mail to the other appliance: $sent->{text}");
	ok(wait_for(sub { $app->sql('select count(*) from pm.message') > 0 },
		20), 'its archiver writes over TLS') or diag $far->log_tail(30);
	is($app->sql("select string_agg(distinct usename, ' ') from
		pg_stat_ssl s join pg_stat_activity a using (pid)
		where ssl and version >= 'TLSv1.2'"), 'pm_injector pm_recorder',
		'each process as who its certificate says');
	$far->stop;
}

# --- a new certificate needs no restart -------------------------------------
my $before = $app->sql('select pg_postmaster_start_time()');
my $old = run('cat', "$etc/cert.pem");
certificate('new', '/CN=localhost', '', '-addext',
	'subjectAltName=DNS:localhost');
run('cp', "$keys/new.pem", "$etc/cert.pem");
run('cp', "$keys/new.key", "$etc/key.pem");
chown 0, (getpwnam 'pm-db')[3], "$etc/key.pem";
chmod 0640, "$etc/key.pem";
isnt(run('cat', "$etc/cert.pem"), $old, 'another certificate');
kill 'HUP', $app->pid_of('db/postgres');
is(wait_for(sub { ask('good', 'pm_recorder') eq 'pm_recorder' }, 10), 1,
	'HUP: it is in use');
is($app->sql('select pg_postmaster_start_time()'), $before, 'no restart');
done_testing;
