#!/usr/bin/perl
# ClamAV's test file in all containers of Debian's clamav-testfiles, and EICAR
# in every coding of mail: the engine finds them behind pm, as attachments.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use MIME::QuotedPrint qw(encode_qp);
use Test::More;
use lib 'tests/lib';
use Appliance;

my @files = glob '/usr/share/clamav-testfiles/clam*';
plan skip_all => 'clamav-testfiles is not installed' unless @files;
my $site = Appliance->new(roles => '"filter"')->setup;
my $dir = "$site->{root}/clamd";
# What the file is known by: ClamAV's own signature of it.
mkdir $dir;
mkdir "$dir/db";
Appliance::write_file("$dir/db/clam.hdb",
	"aa15bcf478d165efd2065190eb473bcb:544:ClamAV-Test-File\n");
$site->start_clamd or plan skip_all => 'clamd is not installed';

sub slurp {
	my ($file) = @_;
	open my $in, '<:raw', $file or die "$file: $!";
	local $/;
	return <$in>;
}

my $n = 0;
# A message with that part.
sub message {
	my ($fields, $body) = @_;
	Appliance::write_file("$site->{root}/mail/" . ++$n . '.eml',
		"From: <a\@example.net>\nTo: <b\@example.org>\nSubject: $n\n" .
		"Date: Mon, 23 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\n" .
		"Content-Type: multipart/mixed; boundary=\"=x\"\n\n" .
		"--=x\nContent-Type: text/plain\n\nSee the file.\n" .
		"--=x\n$fields\n$body\n--=x--\n");
	return "$n.eml";
}

sub attached {
	my ($name, $bytes) = @_;
	return message("Content-Type: application/octet-stream; " .
		"name=\"$name\"\nContent-Transfer-Encoding: base64\n",
		encode_base64($bytes));
}

# In two pieces, so that this file is no virus itself.
my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' .
	'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
mkdir "$site->{root}/mail";
my %what = map { (attached(m{([^/]+)$}, slurp($_)) => m{([^/]+)$}) } @files;
my $octets = "Content-Type: application/octet-stream; name=\"x.com\"\n";
my $uu = "begin 644 x.com\n" . pack('u', $eicar) . "`\nend\n";
$what{message("${octets}Content-Transfer-Encoding: base64\n",
	encode_base64($eicar))} = 'EICAR, base64';
$what{message("${octets}Content-Transfer-Encoding: quoted-printable\n",
	encode_qp($eicar))} = 'EICAR, quoted-printable';
$what{message("${octets}Content-Transfer-Encoding: 7bit\n", $eicar)} =
	'EICAR, 7bit';
$what{message("${octets}Content-Transfer-Encoding: x-uuencode\n", $uu)} =
	'EICAR, x-uuencode';
$what{message("Content-Type: text/plain\n", "Look:\n\n$uu")} =
	'EICAR, uuencoded in text';
$what{message("Content-Type: message/rfc822\n", "From: c\@example.net\n" .
	"Subject: in it\nMIME-Version: 1.0\n${octets}" .
	"Content-Transfer-Encoding: base64\n\n" . encode_base64($eicar))} =
	'EICAR, in an attached message';
Appliance::write_file("$site->{root}/clean.eml", "Subject: x\n\nclean\n");

my $pm = $Appliance::PM;
my %state;
for (qx($pm scan --json --root $site->{root} --draft --clamd $site->{clamd} \\
	--resolver @{[$site->{dns}->resolver]} --dir $site->{root}/mail \\
	$site->{root}/clean.eml)) {
	my $o = decode_json($_);
	my ($hit) = map { $_->{evidence} }
		grep { $_->{name} eq 'VIRUS' } @{ $o->{hits} };
	$state{ ($o->{file} =~ m{([^/]+)$})[0] } = $hit // '';
}
$site->stop_clamd;
is($state{'clean.eml'}, '', 'a clean message');
cmp_ok(scalar keys %what, '>', 45, 'containers');
like($state{$_}, qr/\A(?:ClamAV-Test-File|Eicar-Test-Signature)/,
	$what{$_}) for sort { $what{$a} cmp $what{$b} } keys %what;
done_testing;
