#!/usr/bin/perl
# A callback of a step that was negotiated without replies must return
# SMFIS_NOREPLY on every path: anything else hangs the client.
use strict;
use warnings;
use Test::More;

my $file = 'applets/filter/front_milter.c';
open my $in, '<', $file or die "$file: $!";
my $source = do { local $/; <$in> };

my ($flags) = $source =~ /define PROTOCOL_ALWAYS \((.*?)\)/s;
$flags =~ s/[\s\\]+//g;
is(join('|', sort split /\|/, $flags), join('|', sort qw(SMFIP_NOUNKNOWN
	SMFIP_HDR_LEADSPC SMFIP_NR_HELO SMFIP_NR_DATA SMFIP_NR_HDR
	SMFIP_NR_EOH SMFIP_NR_BODY)), 'what is asked for of every MTA');

my %callback = (HELO => 'helo', DATA => 'data', HDR => 'header',
	EOH => 'eoh', BODY => 'body');
for my $step ($flags =~ /SMFIP_NR_(\w+)/g) {
	my $name = "on_$callback{$step}";
	my ($body) = $source =~ /^static sfsistat $name\(.*?\n\{\n(.*?)^\}/ms;
	ok(defined $body, "$name is there") or next;
	my @returns = $body =~ /\breturn\b\s*(.*?);/gs;
	ok(@returns > 0, "$name returns");
	is_deeply([grep { $_ ne 'SMFIS_NOREPLY' } @returns], [],
		"$name returns nothing but SMFIS_NOREPLY");
}
my ($rcpt) = $source =~ /^static sfsistat on_rcpt\(.*?\n\{\n(.*?)^\}/ms;
like($rcpt, qr/return s->no_reply_rcpt \? SMFIS_NOREPLY :/,
	'RCPT answers only where that was negotiated');
unlike($source, qr/SMFIP_NR_(?:CONN|MAIL)\b/,
	'CONNECT and MAIL are always answered');
done_testing;
