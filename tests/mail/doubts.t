#!/usr/bin/perl
# The golden mails of the B-cases (tests/mail/bNN-*.eml) through Postfix and
# the filter: what can be read in two ways carries a flag when it is judged,
# the rest does not, as pm scan says of the file; and nothing is lost.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use JSON::PP;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

# What Postfix makes of some before we see them. A line in the header that is
# no field gets a blank line before it: one reading is left, or another one.
my %other = (
	'b12-blank-before-from' => 'delivered',
	'b14-folded-name' => 'delivered',
	'b23-no-colon' => 'delivered',
	'b32-crlfcr' => 'kept',
	'b32-lfcr' => 'kept',
	# A bare CR becomes a blank.
	'b04-bare-cr' => 'delivered',
);

my $app = Appliance->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("doubts", function(m, rcpt, plan)
	for _, word in ipairs(m.flags) do
		if word:match("^ambiguous%-") then
			return quarantine("Suspect")
		end
	end
end)
LUA
$app->setup->start;

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or die "$path: $!";
	local $/;
	return <$f>;
}

# The mails under a subject that names them, judged as files.
my $dir = tempdir(CLEANUP => 1);
my %mail;
for my $path (glob "$FindBin::Bin/b[0-9]*.eml") {
	my ($case) = $path =~ m{([^/]+)\.eml\z};
	my $text = slurp($path);
	$text =~ s/^Subject: .*?(?=\r?\n)/Subject: $case/m or next;
	$mail{$case} = $text;
	Appliance::write_file("$dir/$case.eml", $text);
}
cmp_ok(scalar(keys %mail), '>', 60, 'the golden mails are there');
my %want;
my ($code, $out) = $app->pm('scan', '--json', '--dir', $dir);
for (grep { /^\{/ } split /\n/, $out) {
	my $o = decode_json($_);
	my ($case) = $o->{file} =~ m{([^/]+)\.eml\z};
	$want{$case} = $other{$case} //
		((grep { /^ambiguous-/ } @{ $o->{flags} }) ?
		'kept' : 'delivered');
}
for my $case (sort keys %mail) {
	my $r = $app->send_mail(from => 'x@attack.example',
		rcpts => ['victim@example.org'], message => $mail{$case});
	is($r->{code}, 250, "$case is taken") or diag($r->{text});
}
is(Soak::settle($app, 20), '', 'spool and queue run empty');

my %got;
$got{$_->{subject}} .= 'kept' for $app->quarantined;
for my $path ($app->delivered('victim@example.org')) {
	my ($case) = slurp($path) =~ /^Subject: (.*?)\r?$/m;
	$got{$case} .= 'delivered';
}
is_deeply(\%got, \%want, 'kept is what is in doubt, each once') or do {
	diag("$_: $got{$_} for $want{$_}") for
		grep { ($got{$_} // '') ne ($want{$_} // '') }
		sort keys %{{ %got, %want }};
};
ok($app->stop, 'stops within the deadline');
done_testing;
