#!/usr/bin/perl
# pm report send: the mail that arrives has its pictures, says in its text what
# the database has, is signed, and comes once; and a job of it is shipped.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(decode_base64);
use MIME::QuotedPrint qw(decode_qp);
use POSIX qw(strftime);
use Test::More;
use lib 'tests/lib';
use Appliance;
use Db;
use Dns;
use Time::HiRes qw(sleep time);

plan skip_all => 'needs root and PostgreSQL' unless $> == 0 && Db::installed();
plan skip_all => 'Postfix is not installed'
	unless -x '/usr/lib/postfix/sbin/master';
my $a = Appliance->new(db => 1, roles => '"mta", "filter", "db", "csm"')
	->setup->start;

# Two days that are over, and some names that are no good names.
my @day = map { strftime '%Y-%m-%d', gmtime time - $_ * 86400 } 0 .. 2;
$a->sql("insert into pm.counter_day values
	('$day[1] 00:00+00', 'mx1', 'delivered', 1234, 99000, 0, 0),
	('$day[1] 00:00+00', 'mx1', 'quarantined', 56, 7000, 0, 0),
	('$day[2] 00:00+00', 'mx1', 'delivered', 1000, 8000, 0, 0),
	('$day[0] 00:00+00', 'mx1', 'delivered', 7, 8000, 0, 0)");
$a->sql("insert into pm.tally values
	('$day[1]', 'mx1', 'sender', '<b>\"&''\@x.example', 41, 100),
	('$day[1]', 'mx1', 'sender', 'plain\@x.example', 17, 100)");
$a->sql("insert into pm.tally_day values ('$day[1]'), ('$day[2]')");
my ($code, $said) = $a->pm('dkim', 'keygen', 'example.org');
is($code, 0, 'a key') or diag $said;
my ($record, $key) = $said =~ /^(\S+)\. IN TXT (\([^)]*\)|".*")$/m;
my $dns = Dns->new;
$dns->txt($record => join '', $key =~ /"([^"]*)"/g);
open my $keys, '<', "$a->{root}/var/lib/pm/dkim/example.org/keys" or die;
my ($selector) = join('', <$keys>) =~ /^([^\s#]\S*)/m;
is(($a->pm('dkim', 'activate', 'example.org', $selector, '--unchecked'))[0], 0,
	'which is active');

sub send_ok {
	($code, $said) = $a->pm('report', 'send', @_);
	is($code, 0, "pm report send @_") or diag $said;
	return $said;
}
sub wrong {
	my ($like, @args) = @_;
	my ($code, $said) = $a->pm('report', @args);
	like("$code $said", qr/\A2 pm report: [^\n]*$like[^\n]*\n\z/,
		"pm report @args: $like");
}
wrong('no such report', 'send', 'volumes');
wrong('is no address', 'send', 'volume', '--to', 'nobody');
wrong('is no address', 'send', 'volume', '--from', "a\@b\nBcc: x\@y");
wrong('send has no --csv', 'send', 'volume', '--csv');
wrong('--to is for pm report send', 'volume', '--to', 'a@example.org');
wrong('without --since', 'send', 'volume', '--days', '7', '--since', $day[1]);
is($a->sql("select count(*) from pm.job"), 0, 'nothing was sent');

# The last days that are over: not today's.
($code, $said) = $a->pm('report', 'categories', '--days', '2', '--json');
is_deeply({ map { $_->{name} => $_->{n} } @{ decode_json($said)->{rows} } },
	{ delivered => 2234, quarantined => 56 }, '--days 2');

# --- the mail -----------------------------------------------------------------
my @what = ('categories', 'senders', 'viruses', '--days', '2');
like(send_ok(@what, '--to', 'dean@example.org', '--to', 'it@example.org'),
	qr/^goes to dean\@example\.org\ngoes to it\@example\.org\n\z/, 'told');
like(send_ok(@what, '--to', 'dean@example.org', '--to', 'it@example.org'),
	qr/^went already to dean\@example\.org/, 'the same again goes once');
my $end = time + 60;
sleep 0.2 until $a->sql("select count(*) from pm.job where state = 'handed'")
	== 1 || time > $end;
is($a->sql("select string_agg(state, ' ') from pm.job"), 'handed',
	'one job, which an injector took');
is($a->sql("select count(*) from pm.digest_mail"), 0, 'its mail went with it');

my $mail = send_ok(@what, '--dry-run');
is($a->sql("select count(*) from pm.job"), 1, 'a dry run sends nothing');
my ($head, $body) = split /\r\n\r\n/, $mail, 2;
like($head, qr/^Auto-Submitted: auto-generated\r?$/m, 'by a program');
like($head, qr/^To: <postmaster\@example\.org>\r?$/m, 'to whom by default');
like($head, qr/^Subject: Mail of example\.org, $day[2] to $day[1]\r?$/m,
	'its subject');
Appliance::write_file("$a->{root}/mail", $mail);
like(($a->pm('auth', 'dkim', "$a->{root}/mail", '--resolver',
	"127.0.0.1:$dns->{port}"))[1], qr/^pass\t/, 'signed');
like($head, qr/multipart\/alternative/, 'two forms');
# The parts, by type, decoded.
my (%part, @order);
while ($body =~ /^Content-Type: ([a-z]+\/[a-z]+)(.*?)\r\n\r\n(.*?)\r\n--=_/msg) {
	my ($type, $more, $text) = ($1, $2, $3);
	pos($body) -= 5;
	next if $type =~ /multipart/;
	$text = $more =~ /base64/ ? decode_base64($text) : decode_qp($text);
	push @order, $type;
	push @{ $part{$type} }, { more => $more, text => $text };
}
# The related part is one of them, and its own first one is the HTML.
unless ($part{'text/html'}) {
	my ($html) = $body =~ /^Content-Type: text\/html.*?\r\n\r\n(.*?)\r\n--=_html/ms;
	$part{'text/html'} = [{ text => decode_qp($html // ''), more => '' }];
}
my ($text, $html) = map { $part{$_}[0]{text} // '' } 'text/plain', 'text/html';
like($text, qr/^delivered +2234 /m, 'the numbers in the text');
like($html, qr/delivered<\/td><td[^>]*>2234</, 'and in the HTML');
like($text, qr/^Viruses, .*\nnothing$/m, 'what there is none of');
like($html, qr/&lt;b>&quot;&amp;'\@x\.example/, 'names are escaped');
unlike($html, qr/<b>/, 'and none is markup');
SKIP: {
	skip 'librsvg2-bin is not installed', 4 unless -x '/usr/bin/rsvg-convert';
	like($head . $body, qr/^Content-Type: multipart\/related; type="text\/html"/m,
		'with pictures');
	my @cids = $html =~ /src="cid:([^"]+)"/g;
	is(scalar @cids, 2, 'of the two that have rows');
	is_deeply([$body =~ /^Content-ID: <([^>]+)>/mg], \@cids,
		'which are there, in their order');
	my @png = map { decode_base64($_) } $body =~
		/^Content-Type: image\/png.*?\r\n\r\n(.*?)\r\n--=_/msg;
	is(join(' ', map { my ($w, $h) = /\A\x89PNG\r\n\x1a\n.{8}(.{4})(.{4})/s
		? map { unpack 'N', $_ } $1, $2 : (0, 0);
		$w == 800 && $h > 80 && /IEND.{4}\z/s ? 'good' : "$w x $h" }
		@png), 'good good', 'whole PNG pictures');
}
unlike($mail, qr/[^\r]\n/, 'lines end in CRLF');
ok(!(grep { length > 998 } split /\r\n/, $mail), 'and are short enough');

# --- the database is away -----------------------------------------------------
like(($a->pm('job', 'list'))[1], qr/^report .*off/m, 'a job of it is there, off');
$a->pm('stop', 'db');
($code, $said) = $a->pm('report', 'send', 'volume', '--to', 'a@example.org');
like("$code $said", qr/\A3 pm report: [^\n]+\n\z/, 'one line, try again');
$a->pm('start', 'db');
$end = time + 60;
do {
	sleep 0.5;
	($code, $said) = $a->pm('report', 'send', 'volume', '--to',
		'a@example.org');
} while ($code == 3 && time < $end);
is("$code $said", "0 goes to a\@example.org\n", 'when it is back');
is($a->sql("select count(*) from pm.job where 'a\@example.org' =
	any (select convert_from(x, 'UTF8') from unnest(rcpts) x)"), 1, 'once');
done_testing;
