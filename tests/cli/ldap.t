#!/usr/bin/perl
# pm ldap against a real OpenLDAP server: lists, groups and aliases come and
# go with the directory; what people put in by hand, and whatever looks wrong,
# changes nothing.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Appliance;
use Db;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use Slapd;
use Time::HiRes qw(sleep time);

plan skip_all => 'needs root, PostgreSQL and slapd'
	unless $> == 0 && Db::installed() && Slapd::installed();

my $a = Appliance->new(db => 1, roles => '"filter", "db", "csm"')
	->setup->start;
my $root = $a->{root};

# A person of the directory; values go as base64, whatever is in them.
sub person {
	my ($n, %of) = @_;
	my $text = "dn: cn=p$n,dc=example\nobjectClass: inetOrgPerson\n" .
		"objectClass: exchange\ncn: p$n\nsn: x\n";
	for my $name (sort keys %of) {
		$text .= "${name}:: " . encode_base64($_, '') . "\n"
			for ref $of{$name} ? @{$of{$name}} : $of{$name};
	}
	return "$text\n";
}
sub people { return join '', map { person($_, mail => "p$_\@example.org") } @_ }

my $pm = "dn: cn=pm,dc=example\nobjectClass: inetOrgPerson\ncn: pm\nsn: x\n" .
	"userPassword: sec ret\n\n";
my $slapd = Slapd->new(ldif => people(1 .. 50) . $pm);
my $secret = "$root/etc/pm/ldap.key";
Slapd::spit($secret, "sec ret\n");
chmod 0600, $secret;

sub sources { Slapd::spit("$root/etc/pm/ldap.lua", "return {\n@_\n}\n") }
sub source {
	my %of = (name => 'staff', base => 'dc=example',
		servers => $slapd->url, authorities => "$slapd->{dir}/cert.pem",
		into => 'list:staff', bind => 'cn=pm,dc=example',
		password => 'etc/pm/ldap.key', @_);
	return '{ ' . join(', ', map {
		my $v = $of{$_};
		defined $v ? "$_ = " . ($_ eq 'servers' ? "{ \"$v\" }" :
			$v =~ /^[{\d]/ ? $v : "[==[$v]==]") : ()
	} sort keys %of) . ' },';
}
sub items {
	my ($code, $said) = $a->pm('list', 'items', 'staff');
	return $code ? '' : join ' ', sort split /\n/, $said;
}
sub mailboxes { return $a->sql("select string_agg(address || '=' || person ||
	'/' || language, ' ' order by address) from pm.mailbox") // '' }
sub ok_ldap {
	my ($code, $said) = $a->pm('ldap', @_);
	is($code, 0, "pm ldap @_") or diag $said;
	return $said;
}
# One line, and nothing was changed.
sub wrong_ldap {
	my ($want, $like, @args) = @_;
	my $before = items() . mailboxes();
	my ($code, $said) = $a->pm('ldap', @args);
	like("$code $said", qr/\A$want pm ldap: [^\n]*$like[^\n]*\n\z/,
		"pm ldap @args: $like");
	is(items() . mailboxes(), $before, 'and nothing was changed');
}

# --- what is no source --------------------------------------------------------
wrong_ldap(2, 'there are no sources', 'sync');
for (['{ nam = "x" },', 'source 1: nam: unknown key; did you mean "name"'],
	[source(servers => 'http://x'), 'servers: must be a list of addresses'],
	[source(into => 'table:x'), 'into: must be'],
	[source(name => "x'y"), 'name: must be small letters'],
	[source(password => undef), 'password: must be there'],
	[source(base => undef), 'base: must be there'],
	[source(language => 'x'), 'language: must be away'],
	[source() . source(), 'name: must be another one'],
	['1', 'must be a table'], ['}} x', 'ldap.lua']) {
	sources($_->[0]);
	wrong_ldap(2, $_->[1], 'check');
}
sources(source());
wrong_ldap(2, 'no such source', 'sync', 'other');
wrong_ldap(2, 'no command snyc, did you mean sync', 'snyc');
wrong_ldap(2, 'check has no --accept', 'check', '--accept');

# --- a list -------------------------------------------------------------------
like(ok_ldap('check'), qr/^staff: 50 entries in the directory, 50 for staff$/m,
	'over StartTLS, as who may read');
is(items(), '', 'check changes nothing');
for my $url ($slapd->tls_url, $slapd->socket_url) {
	sources(source(servers => $url, bind => undef, password => undef));
	like(ok_ldap('check'), qr/^staff: 50 entries/m, "$url, as nobody");
}
sources(source());
like(ok_ldap('sync', '--dry-run'), qr/^\+ p1\@example\.org$/m, 'a dry run');
is(items(), '', 'changes nothing');
like(ok_ldap('status'), qr/^nothing was synchronised yet/, 'nothing yet');
like(ok_ldap('sync'), qr/50 added, 0 removed$/m, 'the first time');
is(scalar(split / /, items()), 50, 'all are on the list');
like(($a->pm('list', 'test', 'staff', 'P7@example.org'))[1], qr/p7/,
	'which is in force');
like(ok_ldap('sync'), qr/0 added, 0 removed$/m, 'again: nothing to do');
is(($a->pm('list', 'add', 'staff', 'hand@example.org', 'p51@example.org'))[0],
	0, 'two by hand, one of whom is to come');
$slapd->hold(people(3 .. 52) . $pm);
like(ok_ldap('sync'), qr/1 added, 2 removed$/m, 'two left, two came');
is(items(), join(' ', sort 'hand@example.org', map { "p$_\@example.org" }
	3 .. 52), 'who was put in by hand stays');
like(ok_ldap('status'), qr/^staff +20\d\d-\S+ \S+ +50/m, 'the status');

# --- trouble ------------------------------------------------------------------
$slapd->hold($pm);
wrong_ldap(2, 'the directory has nothing', 'sync');
wrong_ldap(2, 'the directory has nothing', 'sync', '--accept');
$slapd->hold(people(3 .. 22) . $pm);
wrong_ldap(2, '29 of 49 would go', 'sync');
like(ok_ldap('status'), qr/29 of 49 would go/, 'the status says so');
like(ok_ldap('sync', '--accept'), qr/0 added, 29 removed$/m, 'accepted');
is(items(), join(' ', sort 'hand@example.org', map { "p$_\@example.org" }
	3 .. 22, 51), 'those of hand stay, of whom one has left');

sources(source(most => 5));
wrong_ldap(2, 'more than 5 entries', 'sync');
sources(source(authorities => '/etc/ssl/certs/ca-certificates.crt'));
wrong_ldap(3, 'StartTLS', 'sync');
# The certificate is for 127.0.0.1.
sources(source(servers => "ldap://localhost:$slapd->{port}"));
wrong_ldap(3, 'StartTLS', 'sync');
sources(source(filter => '(mail=*'));
wrong_ldap(2, 'filter', 'sync');
sources(source(base => 'dc=nowhere'));
wrong_ldap(2, 'No such object', 'sync');
sources(source());
Slapd::spit($secret, 'wrong');
wrong_ldap(2, 'Invalid credentials', 'sync');
Slapd::spit($secret, "\n");
wrong_ldap(2, 'must be a password in it', 'sync');
chmod 0644, $secret;
wrong_ldap(2, 'everybody may read it', 'sync');
Slapd::spit($secret, "sec ret\n");
chmod 0600, $secret;
$slapd->stop;
wrong_ldap(3, "Can't contact LDAP server", 'sync');
# One that answers nothing, and one that answers rubbish.
for my $said ('', "\x30\x84\xff\xff\xff\xff" . 'A' x 5000) {
	my $listen = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1,
		LocalAddr => '127.0.0.1', LocalPort => $slapd->{port}) or die;
	my $pid = fork // die;
	if (!$pid) {
		my $s = $listen->accept;
		print $s $said;
		$s->flush;
		sleep 30;
		POSIX::_exit(0);
	}
	sources(source(seconds => 1));
	my $begin = time;
	my ($code, $out) = $a->pm('ldap', 'sync');
	is($code, 3, 'no answer, or none that is one') or diag $out;
	cmp_ok(time - $begin, '<', 9, 'in its time');
	kill 'KILL', $pid;
	waitpid $pid, 0;
	close $listen;
}
# A limit of the server's: a part of it is nothing.
$slapd->{limits} = 'limits users size=8 size.pr=4 size.prtotal=8';
sources(source());
$slapd->hold(people(3 .. 30) . $pm);
wrong_ldap(2, 'limit exceeded', 'sync');
$slapd->{limits} = 'sizelimit unlimited';

# --- a group, aliases, hostile values -----------------------------------------
$slapd->hold(person(1, mail => 'Anna@Example.org',
		preferredLanguage => 'de-CH, en;q=0.5',
		proxyAddresses => ['SMTP:anna.b@example.org',
		'smtp:a@example.net', 'X500:/o=x/cn=a@example.org']) .
	person(2, mail => 'eve@example.org', anything => ["x\0y\@example.org",
		"a b\@example.org", "\xff\xfe\@exam ple.org", 'nobody',
		"c\r\nd\@example.org", '*@example.org', '!e@example.org',
		'q' x 5000 . '@example.org', '@example.org',
		"e\e[31m\@x.example"]) . $pm);
sources(source(name => 'all', into => 'group:everybody', attributes =>
	'{ "mail", "proxyAddresses", "anything" }'), source(name => 'people',
	into => 'aliases', attributes => '{ "mail", "proxyAddresses" }',
	language => 'preferredLanguage', filter => '(cn=p1)'));
wrong_ldap(2, 'there is no group everybody', 'sync', 'all');
is(($a->pm('group', 'make', 'everybody'))[0], 0, 'it is made');
$a->sql("insert into pm.mailbox (address, person) values
	('a\@example.net', 'another\@example.net'), ('x\@x.example', 'x')");
my $said = ok_ldap('sync');
like($said, qr/^all: 2 entries .* 4 added, 0 removed$/m, 'a group');
like($said, qr/^all: 10 values are no addresses/m, 'what is none is told');
is(($a->pm('group', 'show', 'everybody'))[1], join("\n", 'a@example.net',
	'anna.b@example.org', 'anna@example.org', 'eve@example.org', ''),
	'whose');
like($said, qr/^people: 1 entries .* 2 added, 0 removed, 1 left as they were/m,
	'aliases; one address is somebody else\'s by hand');
is(mailboxes(), 'a@example.net=another@example.net/ ' .
	'anna.b@example.org=anna@example.org/de anna@example.org=' .
	'anna@example.org/de x@x.example=x/', 'with person and language');
like(ok_ldap('find', 'people', 'anna.b@example.org'),
	qr/^anna\.b\@example\.org anna\@example\.org de$/m, 'found by one');
like(ok_ldap('find', 'people', $_), qr/nobody has that address/,
	"no way out of a filter: $_")
	for '*)(cn=*', '*', '\2a', 'x)(|(cn=p1';
unlike(join(' ', $a->pm('ldap', 'check')), qr/[\0\r\e]/, 'what is told is plain');

# --- many, and the job --------------------------------------------------------
$slapd->hold(people(1 .. 5000) . $pm);
sources(source(name => 'many', into => 'list:many'));
my $begin = time;
like(ok_ldap('sync'), qr/5000 added/, 'five thousand');
my $took = time - $begin;
diag(sprintf 'synchronised in %.1f s', $took);
cmp_ok($took, '<', 24, 'three times 8 s at most');
like(($a->pm('job', 'list'))[1], qr/^ldap .*off/m, 'a job of it is there, off');
done_testing;
