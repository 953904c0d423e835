"""Words and patterns of page furniture, by language: data, no rules.

What stands on a news page beside the article is cut by `cleaning.py` for one of
these reasons; no other reason is ever given.

    advertisement   a mark such as "ADVERTISEMENT" or "story continues below"
    tags            a tag list: "Tags: ...", or nothing but hashtags
    read also       a pointer to other articles, and what it points at
    source line     credits: where text or picture are from, whose they are; "(END)"
    share buttons   share, follow, subscribe, sign up, get the app
    link list       headlines as bullets at the end
    repeated line   a line that this source puts on many of its pages
    page address    a line that is nothing but a web or mail address
    title repeated  the headline once more, at the head of the body
    section path    where the page stands on its site: "Home > World > Asia"
    dateline        a line at the head that only says when, where and by whom

Phrases are separated by `|` and compared without case and accents, after
`normalize`: write them as people of that language do. All languages
are tried on every page, for pages mix them: a phrase must not be an ordinary
sentence or name in any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "advertisement",
    "tags",
    "read also",
    "source line",
    "share buttons",
    "link list",
    "repeated line",
    "page address",
    "title repeated",
    "section path",
    "dateline",
]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The furniture of one language.

    Args:
        advertisement: The whole line, or its beginning with nothing but words of
            `beside_advertisement` behind it.
        beside_advertisement: Words, each by itself: "scroll", "continue".
        tags: Before a colon; the tags follow on the line, or below it.
        source: Before a colon and a few words, at the end of an article or its head.
        photo: The same for a picture, wherever it stands.
        rights: Anywhere in a short line.
        read_also: A heading over links within or below the article, or the
            beginning of such a link ("Read also: ...").
        related: A heading as it stands at the foot of a page.
        more: A button; a heading only with a colon ("More:").
        watch: Before a colon and the title of a video or gallery.
        share: The whole line.
        follow: The beginning of a short line.
        buttons: What makes a row of buttons with its like, `share` and `NETWORKS`.
        beside_buttons: What may stand among them.
        home: The first step of a section path.
        end: The whole line, in brackets or below all else, where an article ends.
    """

    advertisement: str = ""
    beside_advertisement: str = ""
    tags: str = ""
    source: str = ""
    photo: str = ""
    rights: str = ""
    read_also: str = ""
    related: str = ""
    more: str = ""
    watch: str = ""
    share: str = ""
    follow: str = ""
    buttons: str = ""
    beside_buttons: str = ""
    home: str = ""
    end: str = ""


PHRASES: dict[str, Phrases] = {
    "en": Phrases(
        advertisement="advertisement|advertisements|advertising|ad|ads|sponsored"
        "|sponsored content|paid content|story continues below|story continued below"
        "|story continues|story continues below advertisement|article continues below"
        "|continue reading below|article continues below advertisement"
        "|article continues after this advertisement|article continues after advertisement"
        "|advertisement - story continues below|advertisement - continue reading below"
        "|skip advertisement|skip ad|report this ad",
        beside_advertisement="story|article|continue|continues|continued|reading|read|below|after"
        "|this|the|to|scroll|scrolling|down|for|more|content|keep|please",
        tags="tags|tag|tagged|filed under|keywords|key words|topics|related topics",
        source="source|published|published on|date published|updated|last updated|via|contributing",
        photo="photo|photos by|photo credit|image|image credit|picture|credit|credits|file photo",
        rights="all rights reserved|contributed to this report|contributed to this story"
        "|contributed to this article",
        read_also="read also|also read|see also|read next|read this next|related"
        "|related coverage|recommended reading|up next",
        related="related articles|related article|related stories|related story|related news"
        "|related posts|related content|related links|similar articles|similar stories"
        "|similar news|you may also like|you might also like|you might be interested in"
        "|more stories|more news|most read|most popular|most viewed|recommended"
        "|recommended for you|recommended stories|trending|trending now|trending stories"
        "|latest news|breaking news|top stories|editor's picks|editors' picks|from the web"
        "|around the web|more from this section",
        more="read more|more|more on this|more on this story|learn more|continue reading"
        "|see more|show more|load more|view more|full coverage|read the full story|click here",
        watch="watch|watch live|watch now|video|related video|photos|gallery|listen|slideshow",
        share="share|share this|share this article|share this story|share this post|share on"
        "|share with friends|tweet|tweet this|print|print this article|email this article"
        "|copy link|save article|leave a comment|comments|post a comment|add a comment"
        "|view comments|newsletter|newsletter sign-up|sign up|subscribe|subscribe now|log in"
        "|loading|next previous|close|back to top|scroll down for video",
        follow="share on |share via |read or share |follow us |join us on |like us on |find us on "
        "|subscribe to our |subscribe to the newsletter|sign up for |sign up to |click here "
        "|click to |get the latest |download our app|download the |join our |add us as "
        "|get our newsletter",
        buttons="save|like|send|comment|reply|replies|bookmark|discuss|views|mail|read later|copy",
        beside_buttons="in|on|via|with|to|this|the|article|story|post|page|topic|link|read|friends",
        home="home|home page|homepage|front page",
        end="end|ends|end of report",
    ),
    "ar": Phrases(
        advertisement="إعلان|إعلانات|الإعلان|إعلان مدفوع|إعلان ممول|مادة إعلانية|محتوى مدعوم"
        "|يستمر المقال بعد الإعلان|تابع القراءة بعد الإعلان",
        beside_advertisement="تابع|القراءة|المقال|أدناه|مرر|للمتابعة|للاستمرار|يستمر|بعد",
        tags="كلمات دلالية|الكلمات الدلالية|كلمات مفتاحية|الكلمات المفتاحية|كلمات البحث|وسوم"
        "|الوسوم|وسم|تاغات|تاجات|علامات|سمات|موضوعات متعلقة",
        source="المصدر|مصدر|مصدر الصورة|المصدر الأصلي|تاريخ النشر|نشر في|آخر تحديث",
        photo="صورة|الصورة|تصوير",
        rights="جميع الحقوق محفوظة|كافة الحقوق محفوظة|كل الحقوق محفوظة",
        read_also="اقرأ أيضا|اقرا ايضا|إقرأ أيضا|أقرأ أيضا|اقرأ المزيد|إقرأ المزيد|اقرأ كذلك"
        "|اقرأ ايضا|قد يهمك|قد يهمك أيضا|قد يعجبك|قد يعجبك أيضا|ربما يعجبك أيضا|شاهد أيضا"
        "|طالع أيضا|تابع أيضا|للمزيد اقرأ|لمزيد من التفاصيل",
        related="مقالات مشابهة|مقالات ذات صلة|مقالات أخرى|مواضيع ذات صلة|مواضيع متعلقة"
        "|مواضيع مشابهة|موضوعات ذات صلة|أخبار ذات صلة|أخبار متعلقة|أخبار مشابهة|الأخبار المتعلقة"
        "|الأكثر قراءة|الأكثر مشاهدة|أحدث الأخبار|آخر الأخبار|الأخبار العاجلة|مقالات أخرى للكاتب",
        more="المزيد|للمزيد|اقرأ|المزيد من الأخبار|تفاصيل أكثر|تابع القراءة|عرض المزيد",
        watch="شاهد|شاهد الفيديو|بالفيديو شاهد|فيديو|صور",
        share="شارك|شاركها|مشاركة|شارك المقال|شارك هذا المقال|شارك الخبر|شارك على|انشر|طباعة"
        "|أرسل إلى صديق|نسخ الرابط|تعليقات|التعليقات|أضف تعليق|أضف تعليقا|اترك تعليقا"
        "|النشرة البريدية|اشترك",
        follow="تابعونا على |تابعنا على |تابعوا صفحتنا|اشترك في النشرة|اشترك في نشرتنا"
        "|اشترك الآن|اشترك في قناة|انضم إلى قناتنا|انضموا إلى قناتنا|للتواصل مع الكاتب"
        "|للتواصل أرسل|لمراسلة الكاتب|حمل تطبيق|للاشتراك في",
        buttons="حفظ|احفظ|إرسال|أرسل|غرد|تغريد|علق|تعليق|نسخ|أعجبني|البريد الإلكتروني",
        beside_buttons="هذا|هذه|الموضوع|المقال|المقالة|الخبر|الصفحة|على|عبر|في|مع|الأصدقاء|اقرأ"
        "|رابط",
        home="الرئيسية|الصفحة الرئيسية",
        end="انتهى|النهاية",
    ),
    "ru": Phrases(
        advertisement="реклама|на правах рекламы|рекламный материал|реклама на сайте",
        beside_advertisement="читать|читайте|далее|продолжение|ниже|материала|статьи|листайте"
        "|прокрутите|чтобы|продолжить|чтение|после",
        tags="теги|тэги|метки|ключевые слова",
        source="источник|опубликовано|дата публикации|обновлено",
        photo="фото|автор фото|фотография",
        rights="все права защищены",
        read_also="по теме|читайте также|читать также|читайте ещё|смотрите также|см. также"
        "|читайте по теме|читайте далее|ещё по теме|материалы по теме|рекомендуем"
        "|вам может быть интересно",
        related="похожие новости|похожие статьи|похожие материалы|другие новости|новости по теме"
        "|самое читаемое|популярное|популярные новости|последние новости|главные новости"
        "|новости партнёров|связанные новости",
        more="подробнее|читать далее|читать полностью|ещё|показать ещё",
        watch="смотрите|видео|видео по теме|фотогалерея",
        share="поделиться|поделиться в|поделиться ссылкой|распечатать|комментарии|комментировать"
        "|оставить комментарий|скопировать ссылку|подписаться|отправить",
        follow="подписывайтесь на |подпишитесь на |следите за нами|следите за нашими"
        "|присоединяйтесь к |читайте нас в |мы в телеграм|наш телеграм|поделиться в ",
        buttons="читать|комментарий|комментариев|комментария|печать|сохранить|нравится|твитнуть|обсудить"
        "|ответить|в закладки|копировать ссылку",
        beside_buttons="в|на|через|с|друзьями|статью|статьёй|новость|новостью|эту|этой|соцсетях",
        home="главная|главная страница|на главную",
        end="конец",
    ),
    "uk": Phrases(
        advertisement="реклама|на правах реклами",
        beside_advertisement="читати|далі|продовження|нижче|статті|гортайте|щоб|продовжити|після",
        tags="теги|мітки|ключові слова",
        source="джерело|опубліковано|оновлено",
        photo="фото",
        rights="всі права захищені|усі права захищені",
        read_also="читайте також|читайте ще|дивіться також|вас може зацікавити|також читайте",
        related="схожі новини|новини за темою|останні новини|популярне|популярні новини"
        "|матеріали за темою",
        more="детальніше|читати далі|ще",
        watch="відео|дивіться",
        share="поділитися|поширити|коментарі|підписатися|надрукувати",
        follow="підписуйтесь на |підписуйтеся на |підпишіться на |стежте за нами",
        buttons="читати|коментар|коментарів|друк|роздрукувати|зберегти|надіслати|твітнути|подобається"
        "|обговорити",
        beside_buttons="в|у|на|через|з|друзями|статтю|новину|цю",
        home="головна|головна сторінка|на головну",
        end="кінець",
    ),
    "zh": Phrases(
        advertisement="广告|廣告|赞助内容|推广|文章继续|广告后继续阅读",
        beside_advertisement="请|继续|继续阅读|下方|向下|滚动|文章|阅读|请继续往下阅读",
        tags="标签|標籤|关键词|關鍵詞|关键字|關鍵字|相关标签",
        source="来源|來源|消息来源|文章来源|新闻来源|資料來源|资料来源|责任编辑|責任編輯|责编|编辑|發布時間|发布时间|发表时间|更新时间",
        photo="图片来源|图源|图|图片|圖片|摄影",
        rights="版权所有|版權所有|未经授权|未經授權",
        read_also="相关阅读|相關閱讀|延伸阅读|延伸閱讀|另请参阅|推荐阅读|推薦閱讀|阅读更多",
        related="相关新闻|相關新聞|相关文章|相關文章|相关报道|相關報導|相关内容|热门文章|热门新闻|最新新闻|更多新闻|猜你喜欢|热点推荐|為您推薦|为您推荐"
        "|你可能感兴趣",
        more="更多|阅读全文|查看更多|点击查看更多|閱讀全文",
        watch="视频|影片|相关视频",
        share="分享|分享到|分享至|打印|评论|發表評論|发表评论|订阅|收藏|点赞|返回顶部",
        follow="关注我们|關注我們|扫码关注|扫描二维码|订阅我们|分享到微信|扫一扫|长按二维码",
        buttons="转发|复制|复制链接|复制网址|举报|纠错|赞|投稿|扫码",
        beside_buttons="到|至|给|在|本文|好友|朋友|更多",
        home="首页|首頁|主页|主頁|网站首页",
        end="完|全文完|本文完|终|終",
    ),
    "ja": Phrases(
        advertisement="広告|PR|スポンサーリンク",
        beside_advertisement="続きを読む|記事|続く|スクロール",
        tags="タグ|キーワード",
        source="出典|公開日|更新日",
        photo="写真|提供|画像|撮影",
        rights="無断転載|無断複製",
        read_also="あわせて読みたい|こちらもおすすめ|合わせて読みたい",
        related="関連記事|関連ニュース|おすすめ記事|人気記事|アクセスランキング|最新ニュース",
        more="続きを読む|もっと見る|もっと読む",
        watch="動画",
        share="シェア|シェアする|共有|ツイート|印刷|コメント",
        follow="フォローして|メルマガ登録",
        buttons="保存|リンクをコピー|いいね|ポスト|ポストする|ブックマーク|送る",
        beside_buttons="で|を|に|この記事|記事|する",
        home="ホーム|トップページ|トップ|ホームページ",
        end="終わり|おわり|了",
    ),
    "ko": Phrases(
        advertisement="광고",
        beside_advertisement="계속|읽기|기사|아래",
        tags="태그|키워드",
        source="출처|입력|수정",
        photo="사진|사진 제공|사진제공",
        rights="무단 전재|무단전재|저작권자",
        read_also="함께 읽기|함께 보면 좋은 기사",
        related="관련기사|관련 기사|관련뉴스|관련 뉴스|많이 본 뉴스|인기 기사|추천 기사|최신 뉴스",
        more="더보기|더 보기|기사 더보기",
        watch="영상|동영상",
        share="공유|공유하기|인쇄|댓글|구독",
        follow="구독하기",
        buttons="스크랩|저장|링크 복사|좋아요|url 복사|url복사|글자크기",
        beside_buttons="이|기사|에|로",
        home="홈|홈으로|메인",
        end="끝",
    ),
    "fr": Phrases(
        advertisement="publicité|annonce|contenu sponsorisé|la suite après la publicité"
        "|la suite après cette publicité",
        beside_advertisement="continuez|continuer|poursuivez|poursuivre|la|le|lecture|votre|de"
        "|l'article|lire|suite|ci|dessous|après|cette|défilez|pour",
        tags="mots-clés|mots clés|mot-clé|étiquettes|thèmes|sujets",
        source="source|publié le|mis à jour le|date de publication",
        photo="photo|photos|crédit photo|crédits|crédit",
        rights="tous droits réservés",
        read_also="à lire aussi|lire aussi|lire également|à lire également|à lire|voir aussi"
        "|à voir aussi|lire la suite|sur le même sujet|lisez aussi",
        related="articles similaires|articles liés|articles connexes|à lire sur le même sujet"
        "|les plus lus|les articles les plus lus|vous aimerez aussi|dans la même rubrique"
        "|dernières actualités",
        more="en savoir plus|voir plus|plus d'informations",
        watch="vidéo|en vidéo|regardez|voir la vidéo",
        share="partager|partager cet article|partagez|imprimer|commentaires|commenter|s'abonner"
        "|copier le lien|envoyer par e-mail",
        follow="partager sur |suivez-nous |abonnez-vous |inscrivez-vous à "
        "|recevez notre newsletter|rejoignez-nous |téléchargez l'application"
        "|téléchargez notre application",
        buttons="enregistrer|sauvegarder|tweeter|envoyer|commentaire|réagir|lire plus tard",
        beside_buttons="sur|via|avec|cet|article|l'article|le|lire",
        home="accueil|page d'accueil",
        end="fin",
    ),
    "es": Phrases(
        advertisement="publicidad|anuncio|contenido patrocinado|continúa después de la publicidad",
        beside_advertisement="continúa|continuar|continúe|sigue|siga|seguir|leyendo|lectura|la|el"
        "|nota|artículo|noticia|después|de|abajo|debajo|desplázate|para",
        tags="etiquetas|etiqueta|palabras clave|temas|temas relacionados",
        source="fuente|publicado|fecha de publicación|actualizado",
        photo="foto|fotos|fotografía|crédito|crédito de la foto|imagen",
        rights="todos los derechos reservados",
        read_also="lea también|lee también|leer también|lea además|te puede interesar|puede leer"
        "|le puede interesar|te recomendamos|ver también|vea también|además lee|más información",
        related="artículos relacionados|noticias relacionadas|notas relacionadas|relacionados"
        "|lo más leído|lo más visto|más noticias|últimas noticias|contenido relacionado",
        more="leer más|ver más|seguir leyendo|más|lea más",
        watch="vídeo|video|mira|vea el video|en video",
        share="compartir|comparte|compartir en|comparte esta noticia|imprimir|comentarios"
        "|comentar|suscríbete|suscribirse",
        follow="síguenos en |síganos en |suscríbete a |suscríbase a |compartir en |comparte en "
        "|únete a nuestro|regístrate para|descarga nuestra app",
        buttons="guardar|tuitear|twittear|enviar|comentario|copiar enlace|copiar link|me gusta",
        beside_buttons="en|por|con|esta|este|la|el|noticia|nota|artículo|leer",
        home="inicio|portada|página principal",
        end="fin",
    ),
    "pt": Phrases(
        advertisement="publicidade|anúncio|conteúdo patrocinado|continua após a publicidade"
        "|continua depois da publicidade",
        beside_advertisement="continua|continue|continuar|lendo|leitura|a|o|matéria|texto|após"
        "|depois|da|role|para|abaixo",
        tags="tags|palavras-chave|etiquetas|tópicos|assuntos",
        source="fonte|publicado em|atualizado em",
        photo="foto|fotos|crédito|créditos|imagem",
        rights="todos os direitos reservados",
        read_also="leia também|leia mais|veja também|leia ainda|saiba mais|confira também",
        related="artigos relacionados|notícias relacionadas|matérias relacionadas|mais lidas"
        "|mais notícias|últimas notícias|conteúdo relacionado|você também pode gostar",
        more="ver mais|continue lendo|mais",
        watch="vídeo|assista|veja o vídeo",
        share="compartilhar|compartilhe|partilhar|imprimir|comentários|comentar|assine",
        follow="siga-nos |siga nossas redes|inscreva-se |assine nossa newsletter|compartilhe no ",
        buttons="salvar|guardar|tuitar|enviar|comentário|copiar link|copiar o link|curtir",
        beside_buttons="em|no|na|por|via|esta|este|notícia|artigo|matéria",
        home="início|página inicial|página principal|home",
        end="fim",
    ),
    "it": Phrases(
        advertisement="pubblicità|annuncio|contenuto sponsorizzato|continua dopo la pubblicità",
        beside_advertisement="continua|continuare|a|leggere|lettura|la|sotto|l'articolo|scorri|per"
        "|dopo",
        tags="tag|tags|parole chiave|argomenti|etichette",
        source="fonte|pubblicato il|aggiornato il",
        photo="foto|credito|crediti|immagine",
        rights="tutti i diritti riservati|riproduzione riservata",
        read_also="leggi anche|leggi pure|vedi anche|potrebbe interessarti"
        "|ti potrebbe interessare|per approfondire",
        related="articoli correlati|notizie correlate|i più letti|più letti|ultime notizie"
        "|potrebbero interessarti|articoli simili",
        more="leggi tutto|continua a leggere|leggi di più|scopri di più",
        watch="video|guarda il video|guarda",
        share="condividi|condividi su|stampa|commenti|commenta|iscriviti|abbonati",
        follow="seguici su |iscriviti alla |iscriviti al |condividi su |abbonati a ",
        buttons="salva|twitta|invia|commento|copia link|copia il link|mi piace",
        beside_buttons="su|via|con|questo|articolo|l'articolo",
        home="home|pagina iniziale|prima pagina",
        end="fine",
    ),
    "de": Phrases(
        advertisement="anzeige|anzeigen|werbung|gesponsert|nach der werbung weiterlesen",
        beside_advertisement="weiterlesen|scrollen|scrolle|sie|um|weiterzulesen|hier|geht|es"
        "|weiter|nach|der|unten|artikel|lesen|zum|bitte",
        tags="schlagwörter|schlagworte|stichwörter|stichworte|themen",
        source="quelle|veröffentlicht|aktualisiert|stand",
        photo="foto|fotos|bild|bildquelle|bildnachweis",
        rights="alle rechte vorbehalten",
        read_also="mehr zum thema|lesen sie auch|lesen sie mehr|lies auch|siehe auch"
        "|auch interessant|das könnte sie auch interessieren|das könnte dich auch interessieren"
        "|weiterlesen|lesetipp",
        related="ähnliche artikel|verwandte artikel|weitere artikel|weitere nachrichten"
        "|meistgelesen|meistgelesene artikel|aktuelle nachrichten|verwandte themen|passend dazu"
        "|mehr nachrichten",
        more="mehr|mehr lesen|mehr anzeigen|mehr dazu|alle artikel",
        watch="video|im video|bildergalerie|fotostrecke",
        share="teilen|artikel teilen|drucken|kommentare|kommentieren|link kopieren|abonnieren"
        "|newsletter abonnieren|per e-mail teilen",
        follow="folgen sie uns |folge uns |abonnieren sie |abonniere unseren|teilen auf "
        "|auf facebook teilen|jetzt abonnieren|melden sie sich für ",
        buttons="merken|speichern|twittern|tweeten|versenden|weiterleiten|kommentar|mailen"
        "|vorlesen|gefällt mir",
        beside_buttons="auf|per|bei|mit|via|über|diesen|artikel|beitrag",
        home="startseite|home",
        end="ende",
    ),
    "nl": Phrases(
        advertisement="advertentie|advertenties|reclame|lees verder na de advertentie",
        beside_advertisement="lees|lezen|verder|scroll|door|na|onder|de|om|te|het|artikel|gaat",
        tags="trefwoorden|onderwerpen|tags",
        source="bron|gepubliceerd|bijgewerkt",
        photo="foto|beeld",
        rights="alle rechten voorbehouden",
        read_also="lees ook|lees meer|bekijk ook|zie ook",
        related="gerelateerde artikelen|meest gelezen|laatste nieuws|meer nieuws"
        "|verwante artikelen",
        more="meer|verder lezen",
        watch="video|bekijk",
        share="delen|deel dit artikel|deel|afdrukken|reacties|abonneren",
        follow="volg ons |abonneer je op |schrijf je in voor |meld je aan voor ",
        buttons="opslaan|bewaren|tweet|tweeten|printen|mailen|reageer|reageren|reactie"
        "|kopieer link|stuur",
        beside_buttons="op|via|met|dit|artikel|bericht",
        home="home|voorpagina|startpagina",
        end="einde",
    ),
    "pl": Phrases(
        advertisement="reklama|reklamy|materiał sponsorowany|dalsza część artykułu pod reklamą"
        "|ciąg dalszy pod reklamą",
        beside_advertisement="czytaj|dalej|przewiń|aby|poniżej|kontynuować|czytanie|dalsza|część"
        "|artykułu",
        tags="tagi|słowa kluczowe|tematy",
        source="źródło|opublikowano|data publikacji|aktualizacja",
        photo="fot.|fot|foto|zdjęcie",
        rights="wszelkie prawa zastrzeżone",
        read_also="czytaj także|czytaj też|przeczytaj także|przeczytaj też|zobacz także"
        "|zobacz też|zobacz również|czytaj również|polecamy",
        related="powiązane artykuły|podobne artykuły|najnowsze wiadomości|najczęściej czytane"
        "|zobacz więcej|powiązane",
        more="czytaj więcej|czytaj dalej|więcej|czytaj całość",
        watch="wideo|zobacz wideo",
        share="udostępnij|podziel się|drukuj|komentarze|skomentuj|subskrybuj",
        follow="obserwuj nas |śledź nas |zapisz się na |zapisz się do |dołącz do nas"
        "|subskrybuj nasz",
        buttons="zapisz|tweetnij|wyślij|komentarz|komentarzy|kopiuj link|lubię to|drukowanie",
        beside_buttons="na|przez|ten|artykuł|w",
        home="strona główna|główna",
        end="koniec",
    ),
    "tr": Phrases(
        advertisement="reklam|reklamlar|ilan|sponsorlu içerik|haberin devamı",
        beside_advertisement="haberin|devamı|aşağıda|okumaya|devam|et|edin|için|kaydırın|yazının",
        tags="etiketler|etiket|anahtar kelimeler|konular",
        source="kaynak|yayınlanma tarihi|yayın tarihi|güncelleme|son güncelleme|muhabir",
        photo="fotoğraf|foto|görsel",
        rights="tüm hakları saklıdır|her hakkı saklıdır",
        read_also="ayrıca okuyun|bunu da okuyun|bunlar da ilginizi çekebilir|ilginizi çekebilir"
        "|okumadan geçme|ayrıca bakınız|ayrıca bakın|ilgili haber",
        related="ilgili haberler|benzer haberler|ilgili içerikler|en çok okunanlar|son haberler"
        "|diğer haberler|çok okunanlar|son dakika haberleri|öne çıkan haberler",
        more="devamını oku|daha fazla|devamı|haberin devamı için tıklayın",
        watch="video|izle|videoyu izle|foto galeri",
        share="paylaş|haberi paylaş|yazdır|yorumlar|yorum yap|yorum yaz|abone ol|kopyala",
        follow="bizi takip edin|takip et|abone olun|bültenimize |haber bültenimize |tıklayın ve ",
        buttons="tweetle|kaydet|beğen|yorum|yorumla|gönder|tweet at|bağlantıyı kopyala"
        "|linki kopyala",
        beside_buttons="ile|bu|haberi|üzerinden|da|de|ta|te|oku",
        home="anasayfa|ana sayfa",
        end="son",
    ),
    "fa": Phrases(
        advertisement="تبلیغات|آگهی|تبلیغ|رپورتاژ آگهی",
        beside_advertisement="ادامه|خبر|مطلب|در|زیر|پس|از|بخوانید",
        tags="برچسب‌ها|برچسب ها|برچسبها|برچسب|کلیدواژه‌ها|کلمات کلیدی|کلید واژه ها|تگ ها",
        source="منبع|تاریخ انتشار|زمان انتشار|کد خبر",
        photo="عکس|عکاس",
        rights="تمامی حقوق|کلیه حقوق",
        read_also="بیشتر بخوانید|بخوانید|همچنین بخوانید|بیشتر ببینید|این را هم بخوانید"
        "|این مطلب را هم بخوانید|مطالب پیشنهادی",
        related="مطالب مرتبط|اخبار مرتبط|خبرهای مرتبط|مطالب مشابه|پربازدیدترین‌ها|پربیننده‌ترین"
        "|آخرین اخبار|اخبار مشابه|پربازدیدها|مطالب بیشتر",
        more="ادامه مطلب|ادامه خبر|بیشتر|ادامه",
        watch="ویدئو|ویدیو|فیلم|ببینید",
        share="اشتراک‌گذاری|اشتراک گذاری|به اشتراک بگذارید|چاپ|نظرات|ارسال نظر|نظر شما",
        follow="ما را در تلگرام|ما را در اینستاگرام|به کانال تلگرام|عضو کانال|ما را دنبال کنید",
        buttons="ذخیره|ارسال|کپی لینک|لینک کوتاه|نسخه چاپی|اشتراک|دیدگاه|نظر|پسندیدم",
        beside_buttons="در|با|به|را|این|خبر|مطلب|صفحه|بگذارید",
        home="صفحه اصلی|صفحه نخست|خانه",
        end="پایان|پایان پیام",
    ),
    "he": Phrases(
        advertisement="פרסומת|תוכן שיווקי|מודעה",
        beside_advertisement="המשך|לקרוא|לקריאה|הכתבה|בהמשך|גלול|למטה|גללו",
        tags="תגיות|תגים|מילות מפתח",
        source="מקור",
        photo="צילום|תמונה|קרדיט",
        rights="כל הזכויות שמורות",
        read_also="קראו גם|קרא גם|ראו גם|עוד בנושא|אולי יעניין אותך",
        related="כתבות קשורות|כתבות נוספות|הנקראות ביותר|חדשות אחרונות|כתבות דומות",
        more="קרא עוד|קראו עוד|להמשך קריאה|עוד",
        watch="וידאו|צפו",
        share="שתף|שתפו|שיתוף|הדפסה|תגובות|הוסף תגובה",
        follow="עקבו אחרינו|הירשמו ל|הצטרפו ל",
        buttons="הדפס|הדפסה|שמור|שמירה|שלח|שלחו|תגובה|העתק קישור|ציוץ",
        beside_buttons="את|ב|הכתבה|דרך|עם|חברים",
        home="ראשי|דף הבית|עמוד הבית|עמוד ראשי",
        end="סוף",
    ),
    "hi": Phrases(
        advertisement="विज्ञापन|प्रायोजित",
        beside_advertisement="के|बाद|आगे|पढ़ें|पढ़ना|जारी|रखें|खबर|नीचे|स्क्रॉल|करें",
        tags="टैग|टैग्स|कीवर्ड",
        source="स्रोत|सोर्स",
        photo="फोटो|फोटो क्रेडिट|तस्वीर",
        rights="सर्वाधिकार सुरक्षित",
        read_also="यह भी पढ़ें|ये भी पढ़ें|इसे भी पढ़ें|यह भी देखें|ये भी देखें",
        related="संबंधित खबरें|संबंधित समाचार|अन्य खबरें|ताजा खबरें|और खबरें",
        more="और पढ़ें|अधिक पढ़ें|पूरी खबर पढ़ें",
        watch="वीडियो|देखें",
        share="शेयर करें|शेयर|साझा करें|टिप्पणियां|कमेंट",
        follow="हमें फॉलो करें|फॉलो करें|सब्सक्राइब करें|हमारे व्हाट्सएप",
        buttons="प्रिंट|प्रिंट करें|सेव|सेव करें|साझा|टिप्पणी|ट्वीट|ट्वीट करें|लाइक|कॉपी लिंक",
        beside_buttons="पर|करें|इस|इसे|खबर|को|में|लेख|के साथ",
        home="होम|होमपेज|मुख्य पृष्ठ|मुखपृष्ठ",
        end="समाप्त",
    ),
    "id": Phrases(
        advertisement="iklan|advertorial|lanjutkan membaca setelah iklan"
        "|scroll untuk melanjutkan membaca",
        beside_advertisement="scroll|gulir|geser|ke|bawah|untuk|lanjutkan|melanjutkan|lanjut"
        "|membaca|baca|konten|artikel|setelah",
        tags="tag terkait|kata kunci|topik|topik terkait",
        source="sumber|diterbitkan",
        photo="foto|gambar|dok",
        rights="hak cipta dilindungi",
        read_also="baca juga|simak juga|lihat juga|baca selengkapnya",
        related="berita terkait|artikel terkait|berita lainnya|terpopuler|berita terpopuler"
        "|artikel lainnya|berita terbaru",
        more="selengkapnya|baca lebih lanjut|lihat semua",
        watch="video|simak video|tonton",
        share="bagikan|bagikan artikel ini|cetak|komentar|tulis komentar|langganan",
        follow="ikuti kami |ikuti berita |dapatkan update |bergabung di ",
        buttons="simpan|kirim|salin tautan|salin link|suka|tautan",
        beside_buttons="ke|di|lewat|via|artikel|berita|ini",
        home="beranda",
        end="selesai|tamat",
    ),
}

NETWORKS = (
    "facebook|fb|twitter|x|whatsapp|telegram|instagram|linkedin|pinterest|reddit|tumblr|tiktok"
    "|youtube|messenger|viber|vk|vkontakte|odnoklassniki|ok|weibo|wechat|line|flipboard|threads"
    "|bluesky|mastodon|truth social|gettr|xing|pocket|skype|snapchat|digg|google+|google plus"
    "|google news|stumbleupon|blogger|evernote|discord|qzone|kakaotalk|kakao|hatena|koo|gmail"
    "|email|e-mail|mail|print|copy link|sms|rss"
    "|فيسبوك|فيس بوك|تويتر|إكس|واتساب|واتس اب|واتس آب|تيليجرام|تليجرام|تلجرام|تلغرام|تيليغرام"
    "|تليغرام|لينكد إن|لينكدإن|لينكدان|انستغرام|إنستغرام|انستجرام|إنستجرام|انستقرام|ماسنجر|مسنجر"
    "|سناب شات|يوتيوب|بريد|تلگرام|واتساپ|واتس‌اپ|اینستاگرام|توییتر|ایکس|لینکدین|ایتا|سروش|روبیکا"
    "|بله|ایمیل"
    "|вконтакте|вк|одноклассники|ок|телеграм|фейсбук|твиттер|ватсап|вайбер|дзен|яндекс дзен"
    "|мой мир|инстаграм|ютуб|твіттер|інстаграм|скайп"
    "|微信|微博|朋友圈|qq空间|qq|新浪微博|腾讯微博|微信好友|微信朋友圈|qq好友|豆瓣|钉钉|抖音|小红书"
    "|脸书|臉書|推特|领英|ツイッター|フェイスブック|はてなブックマーク|はてブ|ライン"
    "|카카오톡|카카오스토리|네이버|밴드|페이스북|트위터|텔레그램|라인|블로그"
    "|פייסבוק|בפייסבוק|טוויטר|בטוויטר|וואטסאפ|ווטסאפ|בוואטסאפ|טלגרם|בטלגרם|אינסטגרם|לינקדאין"
    "|फेसबुक|ट्विटर|एक्स|व्हाट्सएप|व्हाट्सऐप|व्हाट्सअप|वॉट्सऐप|टेलीग्राम|इंस्टाग्राम|लिंक्डइन|यूट्यूब"
)
"""Names of buttons, which make a row of them if only others and counts stand on it."""

PATTERNS: tuple[tuple[Reason, re.Pattern[str]], ...] = (
    ("source line", re.compile(r"(?:\W{0,3}copyright\b|©|\(c\) ?©?)[^\w]{0,3}(?:©|\(c\))? ?\d{4}")),
    ("source line", re.compile(r"image (?:copyright|caption|source)\b|enlarge this image\b")),
    ("source line", re.compile(r"\W?(?:photos? by|(?:ap|afp|reuters|getty) (?:file )?photo)\b")),
    # Some sites glue the author's other titles to this heading, without a space.
    ("read also", re.compile(r"مقالات اخري للكاتب")),
    (
        "share buttons",
        re.compile(r"follow (?:@?[^\s.]+ ){1,6}on (?:twitter|facebook|instagram|x)\b"),
    ),
    ("advertisement", re.compile(r"slideshow \(\d+ images?\)$")),
    # Russian law wants the advertiser named, or a number.
    ("advertisement", re.compile(r"реклама ?[.,:|] ?(?:ооо|ао|пао|оао|ип|erid|инн)\b")),
    # Editors' initials may follow.
    ("source line", re.compile(r"(?:انتهاي|پايان) (?:پيام|خبر)(?: ?[/.] ?\w{0,4}[\W\d]*)?$")),
)
"""Tried on a short line, from its beginning, without case and accents."""
