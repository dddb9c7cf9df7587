#!/usr/bin/perl
# What rspamd's own tests expect of headers, authors and Received fields, case
# by case: met by what we read, or explained.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Corpus;

my $conf = Corpus::conf();
plan skip_all => 'no corpus' unless $conf;
my $dir = "$conf/conf-dev/rspamd";
my $tool = ($ENV{PM_BUILD} // 'build/rel') . '/tools/headers';

# The expectations that are about headers.
my $ours = qr{104_get_from|106_mid|107_mid_utf8|380_external_relay};
my $symbols = qr{MULTIPLE_FROM|MULTIPLE_UNIQUE|BROKEN_HEADERS|FROM_INVALID|
	REPLYTO_ADDR|MISSING_SUBJECT|FROM_NEQ_ENVFROM|RCVD_AUTHED|RCVD_TEST}x;

# Whom the site of the case trusts, beside the one who connects.
my %trusted = (
	'received5.eml' => [qw(127.0.0.1 4.31.198.44)],
	'received6.eml' => [qw(127.0.0.1 4.31.198.44 192.0.3.1)],
	'received7.eml' => [qw(2001:db8:114::514 198.51.100.233)],
	'ham.eml' => [qw(::1)],
);

# Why an expectation of a file is not ours.
my %explained = (
	'from/from_comment.eml GET_FROM' =>
		'a comment is the name when there is no other, as in clients',
	'from/from_dn.eml GET_FROM_ORIG' => 'nothing is rewritten here',
	'from/from_dn.eml Forged' => 'nothing is rewritten here',
	'received4.eml EXTERNAL_RELAY_TEST' => 'we trust hosts, not a count: ' .
		'the first two fields name no client',
	'dmarc/onsubdomain_pass_relaxed.eml MISSING_MID' =>
		'it has none; what is allowed to whom is policy',
	'INVALID_MSGID' => 'the form of a Message-ID is a matter of rules',
	'INVALID_MSGID_ALLOWED' => 'the form of a Message-ID is a matter of ' .
		'rules',
	'MISSING_MID_ALLOWED' => 'what is allowed to whom is policy',
	'DMARC_NA' => 'DMARC is asked for every author here',
	'BROKEN_CONTENT_TYPE' => 'of the MIME tree, not of the header',
	'R_MISSING_CHARSET' => 'of the MIME tree, not of the header',
	'RCVD_TEST_REDIS_01' => 'the same field as RCVD_TEST_01, from Redis',
	'RCVD_TEST_02' => 'an address in a map of its configuration',
);

# The lines of the tool: kind => [[fields], ...].
sub headers {
	my ($file, @hosts) = @_;
	open my $p, '-|', $tool, "$dir/$file", @hosts or die "$tool: $!";
	my %h;
	while (my $line = <$p>) {
		chomp $line;
		my ($kind, @fields) = split /\t/, $line, -1;
		push @{ $h{$kind} }, \@fields;
	}
	close $p or die "$tool: $file";
	return \%h;
}

sub has_flag { my ($h, $w) = @_; return grep { $_->[0] eq $w } @{ $h->{flag} } }
sub fields {
	my ($h, $name) = @_;
	return scalar grep { lc $_->[0] eq lc $name } @{ $h->{field} };
}
sub addresses { return map { $_->[1] } @{ $_[0]{from} } }

# How many Received fields say that their client was authenticated.
sub authenticated {
	my ($h) = @_;
	return scalar grep { $_->[3] eq 'auth' } @{ $h->{received} };
}

# Symbol => does what we read say the same? With options and envelope.
my %said = (
	GET_FROM => sub {
		my ($h, $options) = @_;
		my ($first) = @{ $h->{from} };
		return @{ $h->{from} } == 1 && !has_flag($h, 'ambiguous-from')
			unless length $options;
		my ($name, $full) = split /,/, $options;
		return $first->[0] eq $name && $first->[1] eq $full;
	},
	MULTIPLE_FROM => sub {
		my ($h, $options) = @_;
		my @want = $options =~ /<([^>]*)>/g;
		return @want ? "@want" eq join ' ', addresses($h)
			: addresses($h) > 1;
	},
	MULTIPLE_UNIQUE_HEADERS => sub { has_flag($_[0], 'ambiguous-field') },
	BROKEN_HEADERS => sub {
		has_flag($_[0], 'bad-header') &&
			has_flag($_[0], 'ambiguous-from')
	},
	FROM_INVALID => sub { has_flag($_[0], 'ambiguous-from') },
	REPLYTO_ADDR_EQ_FROM => sub {
		$_[0]{'reply-to'}[0][0] eq (addresses($_[0]))[0]
	},
	MISSING_SUBJECT => sub { !fields($_[0], 'Subject') },
	MISSING_MID => sub { !fields($_[0], 'Message-ID') },
	FROM_NEQ_ENVFROM => sub {
		my ($sender) = $_[2] =~ /From=(\S+)/;
		return (addresses($_[0]))[0] ne $sender;
	},
	RCVD_AUTHED_ONE => sub { authenticated($_[0]) &&
		$_[0]{received}[0][3] eq 'auth' },
	RCVD_AUTHED_TWO => sub { authenticated($_[0]) },
	RCVD_TEST_01 => sub {
		grep { $_->[0] eq '151.18.193.131' } @{ $_[0]{received} }
	},
	EXTERNAL_RELAY_TEST => sub {
		my ($ip, $helo) = $_[1] =~ /IP=(\S+).*HELO=(\S+)/;
		my $relay = $_[0]{relay}[0];
		return $relay->[0] eq $ip && $relay->[2] eq $helo;
	},
);

my $with = qr{Score And Exact Options|Score|Exact Options|Option};
my ($met, $told) = (0, 0);
open my $in, '<', "$dir/expected.tsv" or die "expected.tsv: $!";
while (my $row = <$in>) {
	chomp $row;
	my ($case, $test, $file, $envelope, $expect) = split /\t/, $row, -1;
	next unless $case =~ $ours || ($expect // '') =~ $symbols;
	my ($peer) = $envelope =~ /IP=(\S+)/;
	$peer //= '192.0.2.99';
	my $h = headers($file, $peer, $peer, @{ $trusted{$file} // [] });
	for my $e (split /; /, $expect) {
		my ($not, $how, $symbol, $options) = $e =~
			/^(Do Not )?Expect Symbol( With $with)? (\S+)(?: (.*))?$/
			or next;
		$options = '' unless ($how // '') =~ /Option/;
		$options =~ s/^[\d.]+ //;
		my $why = $explained{"$file $symbol"} // $explained{$symbol};
		$why //= $explained{"$file Forged"} if $options =~ /^Forged/;
		if (defined $why) {
			note("$test: $e: $why");
			$told++;
			next;
		}
		my $said = $said{$symbol} or do {
			fail("$test: $e: nobody knows $symbol");
			next;
		};
		my $yes = $said->($h, $options, $envelope);
		ok($not ? !$yes : $yes, "$test: $e");
		$met++;
	}
}
cmp_ok($met, '>=', 30, "$met expectations met, $told explained");
done_testing;
