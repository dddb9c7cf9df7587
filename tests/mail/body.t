#!/usr/bin/perl
# Banners and dropped attachments, through Postfix: the delivered bytes; one
# recipient with, one without; the original in the quarantine.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

my $app = Appliance->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("files", function(m, rcpt, plan)
	if rcpt.local_part == "plain" then return end
	if rcpt.local_part:match("^east") then
		plan:banner{ text = "\u{5916}\u{90e8}" }
		return
	end
	for _, att in ipairs(m.attachments) do
		if att.extension == "exe" then
			plan:drop(att, { keep = rcpt.local_part ~= "unkept" and
				"Suspect", text = "\u{2702} %%ATTACHMENT_NAME%%" })
		end
	end
	plan:banner{ text = "Gr\u{fc}\u{df}e", html = "<i>Gr\u{fc}\u{df}e</i>" }
end)
LUA
$app->setup->start;

my $head = <<'END';
From: carol@example.net
Subject: files
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="m"
END
my $texts = <<'END';
--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

%s
--a
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

%s
--a--

END
my $note = <<'END';
--m
Content-Type: text/plain; charset=utf-8
Content-Disposition: inline
Content-Transfer-Encoding: quoted-printable

=E2=9C=82 =3D?x?.exe
END
my $exe = <<'END';
--m
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="=?x?.exe"
Content-Transfer-Encoding: base64

TVqQAAMAAAAEAAAA
END
my $image = <<'END';
--m
Content-Type: image/png; name=x.png
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--m--
END
my $before = sprintf($texts, "caf\xe9", 'PGJvZHk+PGI+eDwvYj48L2JvZHk+') .
	$exe . $image;
# "<body><b>x</b><i>Gr&#xfc;&#xdf;e</i>\r\n</body>"
my $after = sprintf($texts, "caf\xe9\nGr\xfc\xdfe\n",
	'PGJvZHk+PGI+eDwvYj48aT5HciYjeGZjOyYjeGRmO2U8L2k+DQo8L2JvZHk+') .
	$note . $image;

sub body_of {
	my ($who) = @_;
	my ($path) = $app->delivered("$who\@example.org");
	open my $in, '<:raw', $path // '' or return 'no mail';
	local $/;
	return <$in> =~ s/\r\n/\n/gr =~ s/\A.*?\n\n//sr;
}

like($app->send_mail(from => 'carol@example.net', message => "$head\n$before",
	rcpts => [map { "$_\@example.org" } qw(plain edited unkept)])->{text},
	qr/^250 /, 'taken');
is(Soak::settle($app, 60), '', 'spool and queue run empty');
is(body_of('plain'), $before, 'who has no rule has it as it came');
is(body_of($_), $after, "$_: banners in both texts, a note for the program")
	for qw(edited unkept);
is_deeply([map { [$_->{subject}, %{ $_->{reasons} }] } $app->quarantined],
	[['files', 'edited@example.org', 'Suspect']],
	'the original is kept where the rule wants it');

# In the charset of the part, where that has the characters.
my %east = (big5 => "\xa5~\xb3\xa1", gb18030 => "\xcd\xe2\xb2\xbf",
	'euc-kr' => "\xe8\xe2\xdd\xbb", 'koi8-r' => undef);
for my $charset (sort keys %east) {
	$app->send_mail(from => 'carol@example.net', rcpts =>
		["east-$charset\@example.org"], message => <<"END");
Subject: east
MIME-Version: 1.0
Content-Type: text/plain; charset=$charset
Content-Transfer-Encoding: 8bit

\xc4\xe3
END
}
is(Soak::settle($app, 60), '', 'spool and queue run empty');
is(body_of("east-$_"), "\xc4\xe3\n$east{$_}\n", "$_: the charset's bytes")
	for grep { $east{$_} } sort keys %east;
is(body_of('east-koi8-r'), "\xd0\xb4\xd0\xa6\n\xe5\xa4\x96\xe9\x83\xa8\n",
	'koi8-r has them not: utf-8');
ok($app->stop, 'stops within the deadline');
done_testing();
